import { type Owner, wrongEncoding, wrongVersion } from '../owner.ts'
import type { SqliteDatabase } from './database.ts'
import { transact } from './table.ts'

/** What was done to a database. */
export interface Migrated {
  /** The version before; 0 if there was nothing. */
  readonly from: number
  readonly to: number
}

/**
 * Carries out what hasn't been yet, in one transaction: whoever of several processes comes first does it, and the others find it
 * done. What ran is in a table of its own, for the database may be shared with others who count theirs.
 *
 * @param table with what the tables' names begin
 * @param migrations what makes them, in order, given that name
 * @throws HeadgateError `STORE_FAILED` when the tables are newer, the database isn't UTF-8, or it fails: then nothing was changed
 */
export function migrateTables(
  database: SqliteDatabase,
  owner: Owner,
  table: string,
  migrations: readonly ((table: string) => string)[],
): Migrated {
  let from = 0
  transact(database, owner, () => {
    const { encoding } = database.prepare('PRAGMA encoding').get() as { readonly encoding: string }
    if (encoding !== 'UTF-8') throw wrongEncoding(encoding)
    from = versionOf(database, table)
    if (from > migrations.length) throw wrongVersion(owner, `The table "${table}"`, from, migrations.length)
    const record = database.prepare(`INSERT INTO "${table}_migrations" VALUES (?, datetime('now'))`)
    migrations.slice(from).forEach((migration, i) => {
      database.exec(migration(table))
      record.run(from + i + 1)
    })
  })
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
