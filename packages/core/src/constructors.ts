import type {
  Concurrency,
  FixedWindow,
  LeakyBucket,
  LimitOptions,
  Quota,
  SlidingLog,
  SlidingWindow,
  TokenBucket,
} from './limit.ts'
import { build } from './parse-limit.ts'

/**
 * A bucket of `capacity` tokens into which `refill` flow per `per`, evenly. The usual choice: a steady rate that forgives bursts.
 *
 * @throws {@link HeadgateError} `INVALID_LIMIT`, `INVALID_DURATION` or `NOT_EXACT`
 * @example
 * ```ts
 * import { tokenBucket } from '@headgate/core'
 *
 * const limit = tokenBucket({ capacity: 10, refill: 30, per: '1m' })
 * ```
 */
export function tokenBucket(options: LimitOptions<TokenBucket>): TokenBucket {
  return build('token-bucket', options)
}

/**
 * Lets `rate` requests per `per` out, evenly spaced: an admitted request is told the `delayMs` after which it may run.
 * At most `queue` wait. With `queue: 0` it never delays, and admits one request each `per / rate`.
 *
 * @throws {@link HeadgateError} `INVALID_LIMIT`, `INVALID_DURATION` or `NOT_EXACT`
 * @example
 * ```ts
 * import { leakyBucket } from '@headgate/core'
 *
 * const limit = leakyBucket({ rate: 5, per: '1s', queue: 20 })
 * ```
 */
export function leakyBucket(options: LimitOptions<LeakyBucket>): LeakyBucket {
  return build('leaky-bucket', options)
}

/**
 * At most `limit` in each window aligned to the epoch. Cheap and easy to explain; up to twice `limit` can pass around a
 * boundary.
 *
 * @throws {@link HeadgateError} `INVALID_LIMIT` or `INVALID_DURATION`
 * @example
 * ```ts
 * import { fixedWindow } from '@headgate/core'
 *
 * const limit = fixedWindow({ limit: 100, window: '1m' })
 * ```
 */
export function fixedWindow(options: LimitOptions<FixedWindow>): FixedWindow {
  return build('fixed-window', options)
}

/**
 * At most `limit` in about any window: the previous window counts by the share of it that still overlaps.
 *
 * @throws {@link HeadgateError} `INVALID_LIMIT`, `INVALID_DURATION` or `NOT_EXACT`
 * @example
 * ```ts
 * import { slidingWindow } from '@headgate/core'
 *
 * const limit = slidingWindow({ limit: 100, window: '1m' })
 * ```
 */
export function slidingWindow(options: LimitOptions<SlidingWindow>): SlidingWindow {
  return build('sliding-window', options)
}

/**
 * At most `limit` in any window, exactly. Remembers each charge, so `limit` is at most 10,000.
 *
 * @throws {@link HeadgateError} `INVALID_LIMIT` or `INVALID_DURATION`
 * @example
 * ```ts
 * import { slidingLog } from '@headgate/core'
 *
 * const limit = slidingLog({ limit: 5, window: '15m' }) // log-in attempts
 * ```
 */
export function slidingLog(options: LimitOptions<SlidingLog>): SlidingLog {
  return build('sliding-log', options)
}

/**
 * At most `limit` at once. A place is taken with a decision, and given back by `release(decision)`; one that nobody gives back, since
 * its process is gone, is free again when its `lease` is over. So a lease must be longer than the work: who works on after it
 * has no place any more. Until then `retryAfterMs` is when the next lease ends: the latest, for places mostly come back earlier.
 *
 * It is a sliding log over the lease, of which what is over is given back: every store that knows logs knows it.
 *
 * @throws {@link HeadgateError} `INVALID_LIMIT` or `INVALID_DURATION`
 * @example
 * ```ts
 * import { concurrency, createLimiter } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 *
 * const limiter = createLimiter({ store: memoryStore(), limits: { exports: concurrency({ limit: 2, lease: '5m' }) } })
 * const decision = await limiter.consume('user-1')
 * if (decision.allowed) {
 *   try {
 *     // the work
 *   } finally {
 *     await limiter.release(decision)
 *   }
 * }
 * ```
 */
export function concurrency(options: LimitOptions<Concurrency>): Concurrency {
  return build('concurrency', options)
}

/**
 * At most `limit` in each calendar hour, day, week or month of a time zone.
 *
 * @throws {@link HeadgateError} `INVALID_LIMIT`
 * @example
 * ```ts
 * import { quota } from '@headgate/core'
 *
 * const limit = quota({ limit: 100_000, per: 'month', timeZone: 'Europe/Berlin', anchorDay: 15 })
 * ```
 */
export function quota(options: LimitOptions<Quota>): Quota {
  return build('quota', options)
}
