import pg from 'pg'
import type { Caller } from '../competitors/caller.ts'
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

const UNITS = 1_000_000_000
const CONNECTIONS = 10

export const COMPETITORS = {
  floor: async (pool: pg.Pool): Promise<Caller> =>
    (await import('../competitors/postgres-floor.ts')).postgresFloor(pool, UNITS),
  'headgate, unlogged': async (pool: pg.Pool): Promise<Caller> =>
    (await import('../competitors/postgres-headgate.ts')).postgresHeadgate(pool, UNITS, true),
  'headgate, durable': async (pool: pg.Pool): Promise<Caller> =>
    (await import('../competitors/postgres-headgate.ts')).postgresHeadgate(pool, UNITS, false),
  'rate-limiter-flexible, durable': async (pool: pg.Pool): Promise<Caller> =>
    (await import('../competitors/postgres-rate-limiter-flexible.ts')).postgresRateLimiterFlexible(
      pool,
      UNITS,
    ),
}

/** So many callers, each of whom asks again when it is answered. */
export const prepare: Prepare<PostgresTask, Sample> = async ({ competitor, url, keys, together }) => {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, pipeline: true })
  pool.on('error', () => {})
  const call = await COMPETITORS[competitor](pool)
  return callers({ call, keys, together })
}
