import type pg from 'pg'
import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { type Caller, rejectingCaller } from './caller.ts'

/** A fixed window per key, in a table that is logged, as its options come. */
export async function postgresRateLimiterFlexible(pool: pg.Pool, units: number): Promise<Caller> {
  const limiter = await new Promise<RateLimiterPostgres>((resolve, reject) => {
    const made: RateLimiterPostgres = new RateLimiterPostgres(
      { storeClient: pool, points: units, duration: 3600, tableName: 'flexible' },
      (error?: Error) => (error ? reject(error) : resolve(made)),
    )
  })
  return rejectingCaller((key) => limiter.consume(key))
}
