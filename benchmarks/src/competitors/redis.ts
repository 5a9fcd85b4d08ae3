import type { Redis } from 'ioredis'
import type { Caller } from './caller.ts'

/** Makes one who takes part, for so many units an hour. */
type Make = (client: Redis, units: number) => Promise<Caller>

/** Who takes part at Redis, in the order of the tables. Each is loaded only in the process that measures it. */
export const REDIS_COMPETITORS = {
  floor: async (client, units) => (await import('./redis-floor.ts')).redisFloor(client, units),
  'headgate, each by itself': async (client, units) =>
    (await import('./redis-headgate.ts')).redisHeadgate(client, units, false),
  'headgate, gathered': async (client, units) =>
    (await import('./redis-headgate.ts')).redisHeadgate(client, units, true),
  'rate-limiter-flexible': async (client, units) =>
    (await import('./redis-rate-limiter-flexible.ts')).redisRateLimiterFlexible(client, units),
  'rate-limit-redis': async (client, units) =>
    (await import('./redis-rate-limit-redis.ts')).redisRateLimitRedis(client, units),
  '@upstash/ratelimit': async (client, units) =>
    (await import('./redis-upstash.ts')).redisUpstash(client, units),
} as const satisfies { readonly [name: string]: Make }

export type RedisCompetitor = keyof typeof REDIS_COMPETITORS
