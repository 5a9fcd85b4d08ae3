import { parseArgs } from 'node:util'
import { invalidOption } from '@headgate/core'
import { badArguments } from '../errors.ts'
import { storeAddress } from '../store.ts'
import { migrateStore } from './store-schema.ts'

const CONNECT_MS = 10_000

const HELP = `Usage: headgate migrate --store postgres://HOST/DATABASE [options]

Makes or updates what the PostgreSQL store needs in a database. Safe to run again, and by several processes at once.

  --store URL         the database
  --schema NAME       the schema; headgate unless told
  --unlogged          the table is not written ahead: much quicker, and empty after a crash of the server
  --help              this text

Exit code: 0, 1 if something failed, 2 for bad usage.
`

/** `headgate migrate`. Resolves with the exit code. */
export async function migrateCommand(args: readonly string[]): Promise<number> {
  const values = parsed(args)
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const address = values.store === undefined ? undefined : storeAddress(values.store)
  if (address?.kind !== 'postgres') {
    const fix = 'The other stores need no migration'
    throw invalidOption('--store', values.store, 'postgres://HOST/DATABASE', fix)
  }
  const { schema, unlogged } = values
  await migrateStore(address.url, CONNECT_MS, {
    ...(schema !== undefined && { schema }),
    ...(unlogged !== undefined && { unlogged }),
  })
  process.stdout.write(`The schema "${schema ?? 'headgate'}" is up to date.\n`)
  return 0
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
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
