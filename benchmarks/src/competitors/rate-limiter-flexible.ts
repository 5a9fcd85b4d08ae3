import { RateLimiterMemory } from 'rate-limiter-flexible'
import { type Competitor, rejectingLoop } from './competitor.ts'

/** A fixed window per key. */
export const rateLimiterFlexible: Competitor = ({ units }) => {
  const limiter = new RateLimiterMemory({ points: units, duration: 3600 })
  return rejectingLoop((key) => limiter.consume(key))
}
