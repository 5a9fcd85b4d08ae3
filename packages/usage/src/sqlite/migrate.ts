import { type Migrated, migrateTables, type SqliteDatabase, tableOf } from '@headgate/sql/sqlite'
import { OWNER } from '../errors.ts'
import type { SqliteLedgerOptions } from './ledger.ts'
import { usage } from './migrations/0001-usage.ts'

/** What made the tables, in order. Never edit one that was released: append the next. */
const migrations: readonly ((table: string) => string)[] = [usage]

/**
 * Brings a database to the tables of this release in one transaction: whoever of several processes comes first does it, and
 * the others find it done. What ran is in a table of its own, for the database may be shared with others who count theirs.
 *
 * @throws HeadgateError `INVALID_OPTION`; `STORE_FAILED` when the tables are newer, or the database fails: then nothing was changed
 * @example
 * ```ts
 * import { migrate, type SqliteDatabase } from '@headgate/usage/sqlite'
 *
 * declare const database: SqliteDatabase // new Database('usage.db') of better-sqlite3
 * migrate(database)
 * ```
 */
export function migrate(database: SqliteDatabase, options: SqliteLedgerOptions = {}): Migrated {
  return migrateTables(database, OWNER, tableOf(database, options.table ?? 'headgate_usage'), migrations)
}
