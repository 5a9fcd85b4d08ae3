import type { Redis } from 'ioredis'
import { RedisStore } from 'rate-limit-redis'
import { type Caller, caller } from './caller.ts'

/** The store of express-rate-limit counts the hits of a window that begins with the first; the middleware compares. */
export function redisRateLimitRedis(client: Redis, units: number): Caller {
  const store = new RedisStore({
    sendCommand: (command: string, ...args: string[]) => client.call(command, ...args) as Promise<number[]>,
  })
  // The rest of the middleware's options is of no use to it.
  store.init({ windowMs: 3_600_000 } as Parameters<RedisStore['init']>[0])
  return caller(
    (key) => store.increment(key),
    (answer) => answer.totalHits <= units,
  )
}
