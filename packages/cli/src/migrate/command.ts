import { parseArgs } from 'node:util'
import { invalidOption } from '@headgate/core'
import { badArguments, usageError } from '../errors.ts'
import { databaseUrl, saidPlaces, storeAddress } from '../store.ts'
import { migrateRecords, migrateStore } from './schemas.ts'

const CONNECT_MS = 10_000

const HELP = `Usage: headgate migrate [options]

Makes or updates what Headgate needs in PostgreSQL. Safe to run again, and by several processes at once.

  --database URL      plans, who is on which, and usage: postgres://HOST/DATABASE, as headgate serve has it
                      (or the variable HEADGATE_DATABASE, since a URL may hold a password)
  --store URL         what is counted; in the same database unless told. Stores other than PostgreSQL need nothing
                      (or the variable HEADGATE_STORE)
  --schema NAME       the schema of what is counted; headgate unless told
  --unlogged          the table of what is counted is not written ahead: much quicker, and empty after a crash of the
                      server
  --help              this text

With --store alone nothing is made but what a store needs: for programs that use the packages, and not the service.

Exit code: 0, 1 if something failed, 2 for bad usage.
`

/** `headgate migrate`. Resolves with the exit code. */
export async function migrateCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const { help, schema, unlogged, ...said } = parsed(args)
  if (help) {
    process.stdout.write(HELP)
    return 0
  }
  const { database, store } = saidPlaces(said, env)
  if (database === undefined && store === undefined)
    throw usageError('There is nothing to migrate', 'Say which: --database URL, or --store URL')
  const records =
    database === undefined ? undefined : databaseUrl(database, 'Other databases need no migration')
  const counters = store === undefined ? records : postgresOf(store, records !== undefined)
  if (counters === undefined && (schema !== undefined || unlogged !== undefined))
    throw usageError('`--schema` and `--unlogged` are of a store in PostgreSQL', 'Leave them out, or --store')

  if (records !== undefined) {
    await migrateRecords(records, CONNECT_MS)
    tell('headgate_registry')
    tell('headgate_usage')
  }
  if (counters !== undefined) {
    const options = { ...(schema !== undefined && { schema }), ...(unlogged !== undefined && { unlogged }) }
    await migrateStore(counters, CONNECT_MS, options)
    tell(schema ?? 'headgate')
  }
  return 0
}

/** Where a store is that needs a migration; one that needs none must not be all that is asked for. */
function postgresOf(store: string, isBeside: boolean): string | undefined {
  const address = storeAddress(store)
  if (address.kind === 'postgres') return address.url
  if (isBeside) return undefined
  throw invalidOption('--store', store, 'postgres://HOST/DATABASE', 'The other stores need no migration')
}

function tell(schema: string): void {
  process.stdout.write(`The schema "${schema}" is up to date.\n`)
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        database: { type: 'string' },
        store: { type: 'string' },
        schema: { type: 'string' },
        unlogged: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw badArguments(error, 'migrate')
  }
}
