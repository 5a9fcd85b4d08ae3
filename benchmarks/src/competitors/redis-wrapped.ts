import { createLimiter, denialCache, leased, tokenBucket } from '@headgate/core'
import { fromIoredis, redisStore } from '@headgate/redis'
import type { Redis } from 'ioredis'
import { type Caller, limiterCaller } from './caller.ts'

/** What stands around the store, and whether decisions share scripts. */
const WRAPS = {
  'headgate, each by itself': (client: Redis) => storeOf(client, false),
  'headgate, gathered': (client: Redis) => storeOf(client, true),
  'headgate, denialCache': (client: Redis) => denialCache(storeOf(client, true)),
  // What a process needs within `ttl`, as docs/wrappers.md advises, would be some millions.
  'headgate, leased': (client: Redis) => leased(storeOf(client, true), { chunk: 100_000 }),
}

export type RedisWrapped = keyof typeof WRAPS

function storeOf(client: Redis, gather: boolean) {
  return redisStore(fromIoredis(client), { gather, timeout: 30_000 })
}

export function redisWrapped(client: Redis, units: number, wrap: RedisWrapped): Caller {
  const limits = { rate: tokenBucket({ capacity: units, refill: units, per: '1h' }) }
  const limiter = createLimiter({ store: WRAPS[wrap](client), name: wrap.replaceAll(/\W+/g, '-'), limits })
  return limiterCaller(limiter)
}
