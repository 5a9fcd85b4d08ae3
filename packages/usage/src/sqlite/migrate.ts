import { wrongVersion } from '../errors.ts'
import { checkPlace, type SqliteDatabase, type SqliteLedgerOptions, sqliteFailed } from './database.ts'
import { usage } from './migrations/0001-usage.ts'

/** What made the tables, in order. Never edit one that was released: append the next. */
const migrations: readonly ((table: string) => string)[] = [usage]

/** What {@link migrate} did. */
export interface Migrated {
  /** The version before; 0 if there was nothing. */
  readonly from: number
  readonly to: number
}

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
  const table = checkPlace(database, options)
  let from = 0
  const run = database.transaction<void>(() => {
    from = versionOf(database, table)
    if (from > migrations.length) throw wrongVersion(`The table "${table}"`, from, migrations.length)
    const record = database.prepare(`INSERT INTO "${table}_migrations" VALUES (?, datetime('now'))`)
    migrations.slice(from).forEach((migration, i) => {
      database.exec(migration(table))
      record.run(from + i + 1)
    })
  })
  try {
    run.immediate()
  } catch (error) {
    throw sqliteFailed(error)
  }
  return { from, to: migrations.length }
}

function versionOf(database: SqliteDatabase, table: string): number {
  const ledger = `"${table}_migrations"`
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${ledger} (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT`,
  )
  const row = database.prepare(`SELECT coalesce(max(version), 0) AS version FROM ${ledger}`).get()
  return Number((row as { readonly version: number | bigint }).version)
}
