import { type Store, toMs } from '@headgate/core'
import { createCounter, msLeft } from './counter.ts'

/** Hits of a key, and when its window ends by this process's clock. */
export interface HitInfo {
  totalHits: number
  resetTime: Date
}

/** A store as express-rate-limit and hono-rate-limiter both want it. Every method rejects with what the Headgate store rejects with. */
export interface WindowStore {
  /** `false`: others who use the same Headgate store count the same keys. */
  readonly localKeys: false
  readonly prefix: string
  /**
   * Is called by the middleware.
   *
   * @throws {@link HeadgateError} `INVALID_DURATION` for a `windowMs` that isn't whole milliseconds from 1 on
   */
  init(options: { readonly windowMs: number }): void
  /** Counts a hit. */
  increment(key: string): Promise<HitInfo>
  /** Takes back one hit of the window that is running. */
  decrement(key: string): Promise<void>
  /** What is counted now; undefined where nothing is. */
  get(key: string): Promise<HitInfo | undefined>
  resetKey(key: string): Promise<void>
  /** Closes the Headgate store, also for others who use it. */
  shutdown(): Promise<void>
}

/** There is no `resetAll`, which is optional for both: a Headgate store doesn't know its keys. */
export function createWindowStore(store: Store, prefix: string): WindowStore {
  const counter = createCounter(store, prefix)
  let windowMs = Number.NaN
  const infoOf = (hits: number, ms: number): HitInfo => ({
    totalHits: hits,
    resetTime: new Date(Date.now() + ms),
  })

  return {
    localKeys: false,
    prefix,
    init(options) {
      // Kept even when it can't be meant: express-rate-limit only logs what is thrown here, and goes on to count.
      windowMs = options.windowMs
      toMs(windowMs, 'windowMs')
    },
    async increment(key) {
      const [seen] = await counter.look([counter.keyOf(key)])
      const count = await counter.hit(seen, windowMs)
      return infoOf(count.hits, msLeft(count))
    },
    decrement: async (key) => counter.takeBack(counter.keyOf(key)),
    async get(key) {
      const [count] = await counter.look([counter.keyOf(key)])
      return count.hits > 0 ? infoOf(count.hits, msLeft(count)) : undefined
    },
    resetKey: async (key) => counter.forget(counter.keyOf(key)),
    shutdown: () => store.close(),
  }
}
