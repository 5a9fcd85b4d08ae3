import { createLimiter, tokenBucket } from '@headgate/core'
import { fromIoredis, redisStore } from '@headgate/redis'
import type { Redis } from 'ioredis'
import { type Caller, limiterCaller } from './caller.ts'

export function redisHeadgate(client: Redis, units: number, gather: boolean): Caller {
  const limiter = createLimiter({
    store: redisStore(fromIoredis(client), { prefix: gather ? 'hg' : 'hs', gather, timeout: 30_000 }),
    limits: { rate: tokenBucket({ capacity: units, refill: units, per: '1h' }) },
  })
  return limiterCaller(limiter)
}
