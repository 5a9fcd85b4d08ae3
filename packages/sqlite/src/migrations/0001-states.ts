/**
 * One row a key. `cells` is a JSON array of whole numbers, laid out as the algorithm of `units` says; `expires_at` is in
 * microseconds since the epoch. There is no index on it: it would double the cost of every write, and the sweep finds
 * what has expired without.
 */
export const states = (table: string): string => `
  CREATE TABLE "${table}" (
    key TEXT PRIMARY KEY,
    units TEXT NOT NULL,
    cells TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID
`
