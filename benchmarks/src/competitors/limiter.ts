import { RateLimiter } from 'limiter'
import { type Competitor, syncLoop } from './competitor.ts'

/** A token bucket and a window for one key; the package has no keys, so there is a Map of limiters, as its users write it. */
export const limiter: Competitor = ({ units }) => {
  const limiters = new Map<string, RateLimiter>()
  return syncLoop((key) => {
    let own = limiters.get(key)
    if (own === undefined) {
      own = new RateLimiter({ tokensPerInterval: units, interval: 'hour' })
      limiters.set(key, own)
    }
    return own.tryRemoveTokens(1)
  })
}
