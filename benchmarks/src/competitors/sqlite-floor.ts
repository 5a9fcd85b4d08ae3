import Database from 'better-sqlite3'

const HOUR_MS = 3_600_000

/** A token bucket as one statement: a row is put or changed if the unit fits, and untouched if it doesn't. */
const TAKE = `
  INSERT INTO bucket (key, ts, level) VALUES (@key, @now, 1)
  ON CONFLICT (key) DO UPDATE SET ts = @now, level = max(0, level - (@now - ts) * @perMs) + 1
  WHERE max(0, level - (@now - ts) * @perMs) + 1 <= @units`

/** The least that a decision in an SQLite file can be when each is its own transaction: one prepared statement. */
export function sqliteFloor(file: string, units: number): (key: string) => boolean {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
  db.exec(
    'CREATE TABLE bucket (key TEXT PRIMARY KEY, ts REAL NOT NULL, level REAL NOT NULL) STRICT, WITHOUT ROWID',
  )
  const take = db.prepare(TAKE)
  const perMs = units / HOUR_MS
  return (key) => take.run({ key, now: Date.now(), perMs, units }).changes === 1
}
