import { createLimiter, tokenBucket } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { type Allowance, awaitedLoop, type Competitor, syncLoop } from './competitor.ts'

/** As many as the store's default, unless there are more. */
const MAX_KEYS = 100_000

function limiterOf({ units, keys }: Allowance) {
  return createLimiter({
    store: memoryStore({ maxKeys: Math.max(keys, MAX_KEYS) }),
    limits: { rate: tokenBucket({ capacity: units, refill: units, per: '1h' }) },
  })
}

export const headgateSync: Competitor = (allowance) => {
  const limiter = limiterOf(allowance)
  return syncLoop((key) => limiter.consumeSync(key).allowed)
}

export const headgateAwaited: Competitor = (allowance) => {
  const limiter = limiterOf(allowance)
  return awaitedLoop(
    (key) => limiter.consume(key),
    (decision) => decision.allowed,
  )
}
