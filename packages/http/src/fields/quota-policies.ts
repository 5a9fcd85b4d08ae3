import { type Item, serializeList } from 'structured-headers'
import type { Field, Policy } from './field-writer.ts'
import { windowSeconds } from './window-seconds.ts'

/**
 * `RateLimit-Policy` as drafts 6 and 7 have it: `100;w=60, 1000;w=86400`. They tell a policy by its quota alone, and forbid
 * two of one quota: the longer window is kept, being the stricter. They demand a window, so what has none is left out.
 * Undefined where nothing is left.
 */
export function quotaPolicies(policies: readonly Policy[]): Field | undefined {
  const windows = new Map<number, number>()
  for (const { quota, windowMs } of policies) {
    const window = windowSeconds(windowMs)
    if (window !== undefined) windows.set(quota, Math.max(window, windows.get(quota) ?? 0))
  }
  if (windows.size === 0) return undefined
  const items = Array.from(windows, ([quota, window]): Item => [quota, new Map([['w', window]])])
  return ['ratelimit-policy', serializeList(items)]
}
