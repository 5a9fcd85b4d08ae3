import type pg from 'pg'
import { type Caller, caller } from './caller.ts'

const HOUR_US = 3_600_000_000

/** The name is for pg, which prepares a named statement once on each connection. */
const TAKE = {
  name: 'take',
  text: `
    INSERT INTO bucket AS b (key, ts, level) VALUES ($1, extract(epoch FROM clock_timestamp()) * 1000000, 1)
    ON CONFLICT (key) DO UPDATE SET
      ts = excluded.ts,
      level = greatest(0, b.level - (excluded.ts - b.ts) * $2::float8) + 1
    WHERE greatest(0, b.level - (excluded.ts - b.ts) * $2::float8) + 1 <= $3::float8
    RETURNING level`,
}

/**
 * The least that a decision in PostgreSQL can be when each is a statement of its own: one prepared upsert, into a table that
 * isn't logged. A row comes back if the unit fits.
 */
export async function postgresFloor(pool: pg.Pool, units: number): Promise<Caller> {
  await pool.query('DROP TABLE IF EXISTS bucket')
  await pool.query(
    'CREATE UNLOGGED TABLE bucket (key text COLLATE "C" PRIMARY KEY, ts float8 NOT NULL, level float8 NOT NULL) WITH (fillfactor = 50)',
  )
  const perUs = units / HOUR_US
  return caller(
    (key) => pool.query({ ...TAKE, values: [key, perUs, units] }),
    (answer) => answer.rowCount === 1,
  )
}
