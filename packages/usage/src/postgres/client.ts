import { type HeadgateError, invalidOption } from '@headgate/core'
import { ledgerFailed } from '../errors.ts'

/** A statement with its values, as `query` of pg takes it. */
export interface PgQuery {
  readonly text: string
  readonly values?: unknown[]
}

/** What the ledger needs of a connection of pg, so that any version of it and its forks fit. */
export interface PgClient {
  query(query: PgQuery): Promise<{ readonly rows: readonly unknown[]; readonly rowCount?: number | null }>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A connection on loan from a pool. */
export interface PgPoolClient extends PgClient {
  /** Gives the connection back; `true` closes it. */
  release(destroy?: boolean): void
  /** What is beneath, in pg. */
  readonly connection?: { readonly stream?: { destroy(): unknown } | undefined } | undefined
}

/** What the ledger needs of a pool of pg. */
export interface PgPool {
  connect(): Promise<PgPoolClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: (client: PgPoolClient) => void): unknown
}

const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,47}$/

/**
 * The quoted name of a schema.
 *
 * @throws HeadgateError `INVALID_OPTION`
 */
export function checkPlace(pool: PgPool, schema: unknown = 'headgate_usage'): string {
  if (typeof pool?.connect !== 'function' || typeof pool.on !== 'function')
    throw invalidOption('pool', pool, 'a pool of pg', 'Pass `new pg.Pool({ connectionString })`')
  if (typeof schema === 'string' && SCHEMA.test(schema)) return `"${schema}"`
  const fix =
    'Use a small letter or "_", then small letters, digits and "_", at most 48, not starting with "pg_"'
  throw invalidOption('schema', schema, 'a plain name', fix)
}

/** Errors of the server for what isn't there. */
const MISSING = ['3F000', '42P01', '42703']

export function postgresFailed(error: unknown): HeadgateError {
  const isMissing = error instanceof Error && 'code' in error && MISSING.includes(String(error.code))
  const fix = 'Run migrate() of @headgate/usage/postgres first, with the same `schema`'
  return ledgerFailed('postgres', error, isMissing ? fix : undefined)
}
