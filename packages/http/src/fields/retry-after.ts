import { wholeSeconds } from './integer.ts'

/**
 * What `Retry-After` says: whole seconds, rounded up, at least 1. Never earlier than the reset that a field of the same
 * response tells for the same or a shorter time, which RateLimit's drafts ask for.
 *
 * @param ms milliseconds
 * @example
 * ```ts
 * import { retryAfterSeconds } from '@headgate/http'
 *
 * retryAfterSeconds(1_001) // 2
 * ```
 */
export function retryAfterSeconds(ms: number): number {
  return Math.max(1, wholeSeconds(ms))
}
