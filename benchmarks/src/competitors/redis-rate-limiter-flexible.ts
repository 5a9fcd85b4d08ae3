import type { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'

/** A fixed window per key, options as they come. */
export function redisRateLimiterFlexible(client: Redis, units: number): (key: string) => Promise<boolean> {
  const limiter = new RateLimiterRedis({ storeClient: client, points: units, duration: 3600 })
  return async (key) => {
    try {
      await limiter.consume(key)
      return true
    } catch (denial) {
      if (denial instanceof Error) throw denial
      return false
    }
  }
}
