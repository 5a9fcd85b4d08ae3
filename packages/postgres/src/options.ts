import { checkWhole, invalidOption } from '@headgate/core'
import type { PgClient, PgPool, PgSource } from './client.ts'

/** Options of {@link postgresStore}: a pool or a client of pg, which you open, close and listen to. */
export type PostgresStoreOptions = CommonOptions & (PoolOptions | ClientOptions)

interface PoolOptions {
  /** A pool of pg. Decisions run on connections of their own, never inside a transaction of yours. */
  readonly pool: PgPool
  readonly client?: never
}

interface ClientOptions {
  /**
   * A connected client of pg, for this store alone: what it does is part of any transaction that is open on it. It doesn't
   * come back when its connection is lost; a pool does.
   */
  readonly client: PgClient
  readonly pool?: never
}

interface CommonOptions {
  /** The schema that {@link migrate} made. `"headgate"` unless told. */
  readonly schema?: string
  /** Milliseconds from a question to its answer, from 1 to 2^31 − 1. 1000 unless told. */
  readonly timeout?: number
  /**
   * The most statements under way: while so many are, questions wait, and are sent together. Half of the pool's `max`, but
   * no more than 4, unless told; a client has one.
   */
  readonly maxInFlight?: number
  /** The most questions that wait; more are rejected with `STORE_OVERLOADED`. 10,000 unless told. */
  readonly maxWaiting?: number
  /**
   * Whether each connection keeps the statement prepared: a little quicker, but not for a pooler between that moves
   * transactions from connection to connection, unless it knows of prepared statements. `false` unless told.
   */
  readonly prepare?: boolean
}

/** Options that are checked, and none of them missing. */
export interface CheckedOptions {
  readonly source: PgSource
  /** As it stands in statements: quoted. */
  readonly schema: string
  readonly timeout: number
  readonly maxInFlight: number
  readonly maxWaiting: number
  readonly prepare: boolean
}

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function checkOptions(options: PostgresStoreOptions): CheckedOptions {
  const source = checkSource(options)
  const max = 'pool' in source ? (source.pool.options?.max ?? 10) : 1
  const { timeout = 1_000, maxWaiting = 10_000, prepare = false } = options
  const { maxInFlight = Math.max(1, Math.min(4, Math.floor(max / 2))) } = options
  checkWhole('timeout', timeout, 1, 2 ** 31 - 1, 'Leave it out for 1000')
  checkWhole('maxWaiting', maxWaiting, 1, Number.MAX_SAFE_INTEGER, 'Leave it out for 10000')
  checkWhole('maxInFlight', maxInFlight, 1, max, 'Leave it out, or give the pool a higher `max`')
  if (typeof prepare !== 'boolean') {
    throw invalidOption('prepare', prepare, 'true or false', 'Leave it out for false')
  }
  return { source, schema: checkSchema(options.schema), timeout, maxInFlight, maxWaiting, prepare }
}

/** @throws {@link HeadgateError} `INVALID_OPTION` unless there is either a pool or a client */
export function checkSource({ pool, client }: Partial<PoolOptions> | Partial<ClientOptions>): PgSource {
  if (pool !== undefined && client !== undefined) {
    throw invalidOption('pool', pool, 'left out beside `client`', 'Keep one of them')
  }
  if (client !== undefined) {
    if (typeof client?.query === 'function' && typeof client.on === 'function') return { client }
    throw invalidOption('client', client, 'a client of pg', 'Pass a `new pg.Client()` that is connected')
  }
  if (typeof pool?.connect === 'function' && typeof pool.on === 'function') return { pool }
  throw invalidOption('pool', pool, 'a pool of pg', 'Pass `new pg.Pool({ connectionString })`, or a `client`')
}

const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,47}$/

/**
 * The quoted name of a schema.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 */
export function checkSchema(schema = 'headgate'): string {
  if (typeof schema === 'string' && SCHEMA.test(schema)) return `"${schema}"`
  const fix =
    'Use a small letter or "_", then small letters, digits and "_", at most 48, not starting with "pg_"'
  throw invalidOption('schema', schema, 'a plain name', fix)
}
