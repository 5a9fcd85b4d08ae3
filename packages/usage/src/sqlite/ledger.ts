import { checkTime } from '@headgate/core'
import { type SqliteDatabase, sqliteFailed, tableOf } from '@headgate/sql/sqlite'
import { OWNER } from '../errors.ts'
import type { Batch, Ledger } from '../ledger.ts'
import { readSums } from './read.ts'

/** Where the ledger's tables are. */
export interface SqliteLedgerOptions {
  /** The table of the counts; others begin with its name. Letters, digits and `_`, at most 48. `"headgate_usage"` unless told. */
  readonly table?: string
}

/** For how long a batch is known that was written, in milliseconds, and how many older ones go with each that is. */
const KNOWN_MS = 7 * 86_400_000
const FORGET = 100

/**
 * A ledger in a SQLite database, which the processes of one machine may share. A write is one transaction, and blocks the
 * thread while it runs.
 *
 * @param database an open better-sqlite3 database, brought up to date by `migrate`; `close()` leaves it open
 * @throws HeadgateError `INVALID_OPTION`
 * @example
 * ```ts
 * import { createUsage } from '@headgate/usage'
 * import { migrate, type SqliteDatabase, sqliteLedger } from '@headgate/usage/sqlite'
 *
 * declare const database: SqliteDatabase // new Database('usage.db') of better-sqlite3
 * migrate(database)
 * const usage = createUsage({ ledger: sqliteLedger(database) })
 * ```
 */
export function sqliteLedger(database: SqliteDatabase, options: SqliteLedgerOptions = {}): Ledger {
  const table = tableOf(database, options.table ?? 'headgate_usage')
  let write: ((batch: Batch) => void) | undefined
  return {
    name: 'sqlite',
    async write(batch) {
      try {
        // Part of a transaction of theirs it would go when that is rolled back.
        if (database.inTransaction) throw new Error('a transaction of others is open on its connection')
        write ??= prepareWrite(database, table)
        write(batch)
      } catch (error) {
        throw sqliteFailed(OWNER, error)
      }
    },
    async *read(query) {
      try {
        yield* readSums(database, table, query)
      } catch (error) {
        throw sqliteFailed(OWNER, error)
      }
    },
    async prune(before) {
      checkTime(before, 'before')
      try {
        return Number(database.prepare(`DELETE FROM "${table}" WHERE slot < ?`).run(BigInt(before)).changes)
      } catch (error) {
        throw sqliteFailed(OWNER, error)
      }
    },
    async close() {},
  }
}

function prepareWrite(database: SqliteDatabase, table: string): (batch: Batch) => void {
  const remember = database.prepare(
    `INSERT INTO "${table}_batches" (id, written_at) VALUES (?, ?) ON CONFLICT DO NOTHING`,
  )
  const forget = database.prepare(
    `DELETE FROM "${table}_batches"
     WHERE id IN (SELECT id FROM "${table}_batches" WHERE written_at < ? LIMIT ${FORGET})`,
  )
  const add = database.prepare(
    `INSERT INTO "${table}" (slot, subject, meter, plan, requests, denied, units, denied_units)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       requests = requests + excluded.requests,
       denied = denied + excluded.denied,
       units = units + excluded.units,
       denied_units = denied_units + excluded.denied_units`,
  )
  const transaction = database.transaction<Batch>(({ id, rows }) => {
    const now = Date.now()
    if (Number(remember.run(id, BigInt(now)).changes) === 0) return
    forget.run(BigInt(now - KNOWN_MS))
    for (const { slot, subject, meter, plan, requests, denied, units, deniedUnits } of rows) {
      add.run(BigInt(slot), subject, meter, plan, requests, denied, units, deniedUnits)
    }
  })
  return (batch) => transaction.immediate(batch)
}
