import { MemoryStore } from 'express-rate-limit'
import { awaitedLoop, type Competitor } from './competitor.ts'

/** The store counts the hits of a window that begins with the first; the middleware, left out here, compares. */
export const expressRateLimit: Competitor = ({ units }) => {
  const store = new MemoryStore()
  // The rest of the middleware's options is of no use to it.
  store.init({ windowMs: 3_600_000 } as Parameters<MemoryStore['init']>[0])
  return awaitedLoop(
    (key) => store.increment(key),
    (client) => client.totalHits <= units,
  )
}
