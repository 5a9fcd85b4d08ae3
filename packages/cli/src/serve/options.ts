import { parseArgs } from 'node:util'
import { checkName, invalidOption } from '@headgate/core'
import type { ServiceOptions } from '@headgate/server'
import { badArguments, oneOf, usageError } from '../errors.ts'
import { databaseUrl, type StoreAddress, saidPlaces, storeAddress } from '../store.ts'

/** What `headgate serve --help` prints. */
export const SERVE_HELP: string = `Usage: headgate serve [options]

Runs the service: it answers over HTTP who may go on, keeps plans and who is on which, counts who used how much, and has
a dashboard for all of it. Without options everything is kept in headgate.db, a SQLite file in this folder.

Where things are
  --data FILE         the SQLite file for all that has no other place; headgate.db unless told
  --database URL      plans, who is on which, and usage, for several instances: postgres://HOST/DATABASE
                      (or the variable HEADGATE_DATABASE, since a URL may hold a password)
  --store ADDRESS     what is counted: redis://HOST, postgres://HOST/DATABASE, sqlite:FILE, dynamodb://TABLE or memory;
                      with the plans unless told (or the variable HEADGATE_STORE)
  --plans FILE        plans, and who is on which, from a file in YAML or JSON, which is followed while it changes. They
                      can't be changed over HTTP then
  --usage-days N      for how many days usage is kept; 0 for none, 400 unless told

Who may ask
  --tokens FILE       YAML or JSON: "NAME: { scope: decide, read or manage, and token, sha256 or env }", one or more
                      The variables HEADGATE_TOKEN (for decisions), HEADGATE_READ_TOKEN and HEADGATE_MANAGE_TOKEN are
                      for one of each. With none of all these, two are made for this run, on a loopback address

How it answers
  --host H            the address it listens on; 127.0.0.1 unless told, 0.0.0.0 for all
  --port N            8787 unless told; 0 for any that is free
  --headers STYLE     of the fields that tell clients where they stand: draft-11 unless told, draft-7, draft-6,
                      legacy-epoch, legacy-delta; may be repeated
  --shadow NAME       a limit that is only tried out, in all plans: it counts and never denies; may be repeated
  --timeout MS        how many milliseconds the store may take, 1 to 1000; 250 unless told
  --failure WHO       who decides while the store doesn't answer: memory (this process by itself) unless told, or
                      everybody passes (allow), or nobody (deny)
  --instances N       how many of these share the store: of memory, each admits its part of each limit; 1 unless told
  --quiet             logs only what is wrong
  --help              this text

Stops in good order on SIGTERM, SIGINT and SIGHUP. Exit code: 0, 1 if something failed, 2 for bad usage.
`

/** What a command line asks for. */
export interface ServeOptions {
  readonly host: string
  readonly port: number
  /** The file of the plans, if they are in one. */
  readonly plans: string | undefined
  /** Where plans and usage are. */
  readonly records:
    | { readonly kind: 'sqlite'; readonly file: string }
    | { readonly kind: 'postgres'; readonly url: string }
  readonly store: StoreAddress
  /** 0 for no usage. */
  readonly usageDays: number
  /** The file of the tokens. */
  readonly tokens: string | undefined
  readonly headers: NonNullable<ServiceOptions['headers']>
  /** Names of limits. */
  readonly shadow: readonly string[]
  /** Milliseconds. */
  readonly timeout: number
  readonly failure: NonNullable<ServiceOptions['failure']>
  readonly instances: number
  readonly quiet: boolean
}

const DATA = 'headgate.db'
const STYLES = ['draft-11', 'draft-7', 'draft-6', 'legacy-epoch', 'legacy-delta'] as const
const CHOICES = ['memory', 'allow', 'deny'] as const

/**
 * @returns undefined if help is asked for
 * @throws {@link HeadgateError} `INVALID_OPTION`
 */
export function parseServe(args: readonly string[], env: NodeJS.ProcessEnv): ServeOptions | undefined {
  const values = parsed(args)
  if (values.help) return undefined
  const { plans, tokens, failure = 'memory', headers = [], shadow = [] } = values
  for (const option of ['data', 'plans', 'tokens', 'host'] as const) {
    if (values[option] === '')
      throw invalidOption(`--${option}`, '', 'given', 'Leave the option out, or say which')
  }
  const { database, store } = saidPlaces(values, env)
  const records = recordsOf(values.data, database)
  return {
    host: values.host ?? '127.0.0.1',
    port: whole('port', values.port ?? '8787', 0, 65_535),
    plans,
    records,
    store: store === undefined ? records : storeAddress(store),
    usageDays: whole('usage-days', values['usage-days'] ?? '400', 0, 36_500),
    tokens,
    headers:
      headers.length === 0 ? 'draft-11' : headers.map((style) => oneOf('serve', 'headers', style, STYLES)),
    shadow: shadow.map((name) => nameOf('shadow', name)),
    timeout: whole('timeout', values.timeout ?? '250', 1, 1_000),
    failure: oneOf('serve', 'failure', failure, CHOICES),
    instances: whole('instances', values.instances ?? '1', 1, 1_000),
    quiet: values.quiet ?? false,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        database: { type: 'string' },
        store: { type: 'string' },
        plans: { type: 'string' },
        'usage-days': { type: 'string' },
        tokens: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        headers: { type: 'string', multiple: true },
        shadow: { type: 'string', multiple: true },
        timeout: { type: 'string' },
        failure: { type: 'string' },
        instances: { type: 'string' },
        quiet: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw badArguments(error, 'serve')
  }
}

function recordsOf(data: string | undefined, database: string | undefined): ServeOptions['records'] {
  if (database === undefined) return { kind: 'sqlite', file: data ?? DATA }
  if (data !== undefined)
    throw usageError(
      '`--data` has no place beside `--database`',
      'Keep one; --store sqlite:FILE is for counters',
    )
  return { kind: 'postgres', url: databaseUrl(database, 'For a SQLite file use --data FILE') }
}

function whole(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw invalidOption(
    `--${option}`,
    text,
    `a whole number from ${min} to ${max}`,
    'See headgate serve --help',
  )
}

function nameOf(option: string, name: string): string {
  checkName(name, `--${option}`)
  return name
}
