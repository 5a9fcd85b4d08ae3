import type { LimiterOf, LimiterOptions } from './limiter.ts'
import type { Limits } from './plan.ts'
import type { Store } from './store.ts'
import { createVerbs } from './verbs.ts'

/**
 * A limiter: named limits at a store.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, or as a limit's constructor does
 * @example
 * ```ts
 * import { createLimiter, quota, tokenBucket } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 *
 * const limiter = createLimiter({
 *   store: memoryStore(),
 *   limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }), daily: quota({ limit: 1_000, per: 'day' }) },
 * })
 * const decision = await limiter.consume('user-1')
 * if (!decision.allowed) console.log(`${decision.binding}: try again in ${decision.retryAfterMs} ms`)
 * ```
 */
export function createLimiter<const L extends Limits, C = unknown, S extends Store = Store>(
  options: LimiterOptions<L, C, S>,
): LimiterOf<L, C, S> {
  // The verbs know names as strings; which names there are is the type's to tell.
  return createVerbs(options as unknown as LimiterOptions<Limits, unknown, Store>) as LimiterOf<L, C, S>
}
