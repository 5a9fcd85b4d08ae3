import { HeadgateError } from '@headgate/core'
import { patiently, type SqliteDatabase } from './database.ts'
import { states } from './migrations/0001-states.ts'

/** What made the schema, in order. Never edit one that was released: append the next. */
const migrations: readonly ((table: string) => string)[] = [states]

/**
 * Brings a database to this version's schema in one transaction: whoever of several processes comes first does it, and the
 * others find it done. What ran is in a table of its own, for the database may be shared with others who count theirs.
 */
export function migrate(database: SqliteDatabase, table: string, busyTimeout: number): void {
  const ledger = `${table}_migrations`
  const run = database.transaction<void>(() => {
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${ledger} (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT`,
    )
    const row = database.prepare(`SELECT max(version) AS version FROM ${ledger}`).get() as {
      version: number | bigint | null
    }
    const version = Number(row.version ?? 0)
    if (version > migrations.length) throw tooNew(table, version)
    const record = database.prepare(`INSERT INTO ${ledger} VALUES (?, datetime('now'))`)
    migrations.slice(version).forEach((migration, i) => {
      database.exec(migration(table))
      record.run(version + i + 1)
    })
  })
  patiently(busyTimeout, () => run.immediate())
}

function tooNew(table: string, version: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `The table "${table}" is of version ${version}, and this release of @headgate/sqlite knows ${migrations.length}`,
    fix: 'Upgrade @headgate/sqlite, or use another `table`',
  })
}
