import { createLimiter, tokenBucket } from '@headgate/core'
import { fromIoredis, redisStore } from '@headgate/redis'
import type { Redis } from 'ioredis'

export function redisHeadgate(
  client: Redis,
  units: number,
  gather: boolean,
): (key: string) => Promise<boolean> {
  const limiter = createLimiter({
    store: redisStore(fromIoredis(client), { prefix: gather ? 'hg' : 'hs', gather, timeout: 30_000 }),
    limits: { rate: tokenBucket({ capacity: units, refill: units, per: '1h' }) },
  })
  return async (key) => (await limiter.consume(key)).allowed
}
