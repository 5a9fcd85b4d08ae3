import { type Duration, invalidOption, toMs } from '@headgate/core'
import { onLoan, type PgClient, type PgPool, postgresFailed, schemaOf } from '@headgate/sql/postgres'
import type { Dialect, Query, Rows } from '../dialect.ts'
import { OWNER } from '../errors.ts'
import {
  changesQuery,
  plansQuery,
  readChanges,
  readPlans,
  readSubjects,
  subjectQuery,
  subjectsQuery,
} from '../read.ts'
import type { Registry } from '../registry.ts'
import { write } from './transact.ts'

/** Options of {@link postgresRegistry}. */
export interface PostgresRegistryOptions {
  /** The schema that `migrate` made. `"headgate_registry"` unless told. */
  readonly schema?: string
  /** How long a call may take before its connection is closed and it rejects. `"10s"` unless told. */
  readonly timeout?: Duration
}

/**
 * A registry in PostgreSQL, which any number of processes may share.
 *
 * @param pool a pool of pg, for a database brought up to date by `migrate`; `close()` leaves it open
 * @throws HeadgateError `INVALID_OPTION`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { migrate, postgresRegistry } from '@headgate/server/postgres'
 * import pg from 'pg'
 *
 * const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] })
 * await migrate(pool)
 * const registry = postgresRegistry(pool)
 * ```
 */
export function postgresRegistry(pool: PgPool, options: PostgresRegistryOptions = {}): Registry {
  const schema = schemaOf(pool, options.schema ?? 'headgate_registry')
  const timeoutMs = toMs(options.timeout ?? '10s', 'timeout')
  if (timeoutMs > 2 ** 31 - 1)
    throw invalidOption('timeout', options.timeout, 'at most 24 days', 'Leave it out for "10s"')
  const dialect: Dialect = {
    table: (name) => `${schema}.${name}`,
    now: 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint',
  }
  const lend = async <T>(work: (client: PgClient) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      return await onLoan(pool, work, { timeoutMs, signal })
    } catch (error) {
      throw postgresFailed(OWNER, error)
    }
  }
  const read = (query: Query, signal?: AbortSignal): Promise<Rows> =>
    lend(async (client) => (await client.query(query)).rows, signal)
  return {
    name: 'postgres',
    readOnly: false,
    plans: async () => readPlans(await read(plansQuery(dialect))),
    subject: async (subject, signal) => readSubjects(await read(subjectQuery(dialect, subject), signal))[0],
    subjects: async (query) => readSubjects(await read(subjectsQuery(dialect, query))),
    changes: async (query) => readChanges(await read(changesQuery(dialect, query))),
    async write(change, by) {
      const written = await lend((client) => write(client, dialect, change, by, timeoutMs))
      if ('refusal' in written) throw written.refusal
      return written.id
    },
    async close() {},
  }
}
