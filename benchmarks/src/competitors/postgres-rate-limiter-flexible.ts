import type pg from 'pg'
import { RateLimiterPostgres } from 'rate-limiter-flexible'

/** A fixed window per key, in a table that is logged, as its options come. */
export async function postgresRateLimiterFlexible(
  pool: pg.Pool,
  units: number,
): Promise<(key: string) => Promise<boolean>> {
  const limiter = await new Promise<RateLimiterPostgres>((resolve, reject) => {
    const made: RateLimiterPostgres = new RateLimiterPostgres(
      { storeClient: pool, points: units, duration: 3600, tableName: 'flexible' },
      (error?: Error) => (error ? reject(error) : resolve(made)),
    )
  })
  return (key) =>
    limiter.consume(key).then(
      () => true,
      (denial) => {
        if (denial instanceof Error) throw denial
        return false
      },
    )
}
