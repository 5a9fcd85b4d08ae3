import type { Store } from '@headgate/core'
import type { Store as PeerStore } from 'hono-rate-limiter'
import type { DropInOptions } from './counter.ts'
import { createWindowStore, type WindowStore } from './window-store.ts'

export type { DropInOptions } from './counter.ts'
export type { HitInfo, WindowStore } from './window-store.ts'

/**
 * A store for hono-rate-limiter that counts in any Headgate store, for `rateLimiter` and for `webSocketLimiter`. Give each
 * limiter one of its own, with its own `prefix` where limiters share a Headgate store.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { honoRateLimiterStore } from '@headgate/drop-in/hono-rate-limiter'
 * import { memoryStore } from '@headgate/memory'
 * import { Hono } from 'hono'
 * import { rateLimiter } from 'hono-rate-limiter'
 *
 * const app = new Hono()
 * const store = honoRateLimiterStore(memoryStore())
 * app.use(rateLimiter({ windowMs: 60_000, limit: 100, keyGenerator: (c) => c.req.header('x-user') ?? '', store }))
 * ```
 */
export function honoRateLimiterStore(store: Store, options: DropInOptions = {}): WindowStore {
  return createWindowStore(store, options.prefix ?? 'hono-rate-limiter') satisfies PeerStore
}
