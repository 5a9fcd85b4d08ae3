import type { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { type Caller, rejectingCaller } from './caller.ts'

/** A fixed window per key, options as they come. */
export function redisRateLimiterFlexible(client: Redis, units: number): Caller {
  const limiter = new RateLimiterRedis({ storeClient: client, points: units, duration: 3600 })
  return rejectingCaller((key) => limiter.consume(key))
}
