import type { Store } from '@headgate/core'
import type { Store as PeerStore } from 'express-rate-limit'
import type { DropInOptions } from './counter.ts'
import { createWindowStore, type WindowStore } from './window-store.ts'

export type { DropInOptions } from './counter.ts'
export type { HitInfo, WindowStore } from './window-store.ts'

/**
 * A store for express-rate-limit 7 and 8 that counts in any Headgate store. Give each limiter one of its own, with its own
 * `prefix` where limiters share a Headgate store.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { expressRateLimitStore } from '@headgate/drop-in/express-rate-limit'
 * import { memoryStore } from '@headgate/memory'
 * import { rateLimit } from 'express-rate-limit'
 *
 * const limiter = rateLimit({ windowMs: 60_000, limit: 100, store: expressRateLimitStore(memoryStore()) })
 * ```
 */
export function expressRateLimitStore(store: Store, options: DropInOptions = {}): WindowStore {
  return createWindowStore(store, options.prefix ?? 'express-rate-limit') satisfies PeerStore
}
