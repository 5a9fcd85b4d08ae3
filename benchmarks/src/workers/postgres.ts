import pg from 'pg'
import type { Sample } from '../interleave.ts'
import { callers } from './callers.ts'
import type { Prepare } from './seat.ts'

export interface PostgresTask {
  readonly competitor: keyof typeof COMPETITORS
  readonly url: string
  readonly keys: number
  /** How many decisions are under way at a time. */
  readonly together: number
}

type Take = (key: string) => Promise<boolean>

const UNITS = 1_000_000_000
const CONNECTIONS = 10
const WARM_MS = 1_000

export const COMPETITORS = {
  floor: async (pool: pg.Pool): Promise<Take> =>
    (await import('../competitors/postgres-floor.ts')).postgresFloor(pool, UNITS),
  'headgate, unlogged': async (pool: pg.Pool): Promise<Take> =>
    (await import('../competitors/postgres-headgate.ts')).postgresHeadgate(pool, UNITS, true),
  'headgate, durable': async (pool: pg.Pool): Promise<Take> =>
    (await import('../competitors/postgres-headgate.ts')).postgresHeadgate(pool, UNITS, false),
  'rate-limiter-flexible, durable': async (pool: pg.Pool): Promise<Take> =>
    (await import('../competitors/postgres-rate-limiter-flexible.ts')).postgresRateLimiterFlexible(
      pool,
      UNITS,
    ),
}

/** So many callers, each of whom asks again when it is answered. */
export const prepare: Prepare<PostgresTask, Sample> = async ({ competitor, url, keys, together }) => {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  pool.on('error', () => {})
  const take = await COMPETITORS[competitor](pool)
  const measure = await callers({ take, keys, together })
  // A measurement is some hundred statements: too few for the engine to have made up its mind.
  await measure(WARM_MS)
  return measure
}
