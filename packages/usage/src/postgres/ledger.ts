import { checkTime, type Duration, invalidOption, toMs } from '@headgate/core'
import { onLoan, type PgPool, postgresFailed, schemaOf } from '@headgate/sql/postgres'
import { OWNER } from '../errors.ts'
import type { Ledger } from '../ledger.ts'
import { readSums } from './read.ts'
import { writeBatch } from './write.ts'

/** Options of {@link postgresLedger}. */
export interface PostgresLedgerOptions {
  /** The schema that `migrate` made. `"headgate_usage"` unless told. */
  readonly schema?: string
  /** How long a write may take before its connection is closed and the batch is sent again. `"10s"` unless told. */
  readonly timeout?: Duration
  /** How long each step of a query, or forgetting what is old, may take before its connection is closed. `"1m"` unless told. */
  readonly readTimeout?: Duration
}

/**
 * A ledger in PostgreSQL, which any number of processes may share. A write is one statement.
 *
 * @param pool a pool of pg, for a database brought up to date by `migrate`; `close()` leaves it open
 * @throws HeadgateError `INVALID_OPTION`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { createUsage } from '@headgate/usage'
 * import { migrate, postgresLedger } from '@headgate/usage/postgres'
 * import pg from 'pg'
 *
 * const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] })
 * await migrate(pool)
 * const usage = createUsage({ ledger: postgresLedger(pool) })
 * ```
 */
export function postgresLedger(pool: PgPool, options: PostgresLedgerOptions = {}): Ledger {
  const schema = schemaOf(pool, options.schema ?? 'headgate_usage')
  const timeoutMs = spanOf('timeout', options.timeout ?? '10s')
  const readMs = spanOf('readTimeout', options.readTimeout ?? '1m')
  return {
    name: 'postgres',
    async write(batch) {
      try {
        await onLoan(pool, (client) => writeBatch(client, schema, batch), { timeoutMs })
      } catch (error) {
        throw postgresFailed(OWNER, error)
      }
    },
    async *read(query) {
      try {
        yield* readSums(pool, schema, query, readMs)
      } catch (error) {
        throw postgresFailed(OWNER, error)
      }
    },
    async prune(before) {
      checkTime(before, 'before')
      const query = { text: `DELETE FROM ${schema}.usage WHERE slot < $1`, values: [String(before)] }
      try {
        const { rowCount } = await onLoan(pool, (client) => client.query(query), { timeoutMs: readMs })
        return rowCount ?? 0
      } catch (error) {
        throw postgresFailed(OWNER, error)
      }
    },
    async close() {},
  }
}

function spanOf(option: string, span: Duration): number {
  const ms = toMs(span, option)
  if (ms > 2 ** 31 - 1) throw invalidOption(option, span, 'at most 24 days', 'Leave it out for the default')
  return ms
}
