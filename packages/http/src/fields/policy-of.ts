import { type Duration, type Limit, type Quota, toMs } from '@headgate/core'
import type { Policy } from './field-writer.ts'

/** Nominal: where clocks change a day has an hour more or less, and the reset that is told beside it is exact. */
const PERIOD_MS: { readonly [P in Quota['per']]: number | null } = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: null,
}

/**
 * The quota and window that a limit states in header fields: never more than the limit gives over that window. A bucket
 * states its capacity, and the time in which it refills (or drains) wholly. One on how many are under way has no window.
 *
 * @param unit what it counts; `"requests"` unless told, and `"concurrent-requests"` of a `concurrency` limit. The draft also
 * registers `"content-bytes"`
 * @example
 * ```ts
 * import { tokenBucket } from '@headgate/core'
 * import { policyOf } from '@headgate/http'
 *
 * policyOf('burst', tokenBucket({ capacity: 10, refill: 30, per: '1m' }))
 * // { name: 'burst', quota: 10, windowMs: 20000, unit: 'requests' }
 * ```
 */
export function policyOf(name: string, limit: Limit, unit: string = unitOf(limit)): Policy {
  return { name, ...quotaOf(limit), unit }
}

function unitOf({ algorithm }: Limit): string {
  return algorithm === 'concurrency' ? 'concurrent-requests' : 'requests'
}

function quotaOf(limit: Limit): Pick<Policy, 'quota' | 'windowMs'> {
  switch (limit.algorithm) {
    case 'token-bucket':
      return bucket(limit.capacity, limit.refill, limit.per)
    case 'leaky-bucket':
      return bucket(limit.queue + 1, limit.rate, limit.per)
    case 'quota':
      return { quota: limit.limit, windowMs: PERIOD_MS[limit.per] }
    case 'concurrency':
      return { quota: limit.limit, windowMs: null }
    default:
      return { quota: limit.limit, windowMs: toMs(limit.window, 'window') }
  }
}

/** `capacity · per / rate` milliseconds, rounded up; the product can pass 2^53. */
function bucket(capacity: number, rate: number, per: Duration): Pick<Policy, 'quota' | 'windowMs'> {
  const product = BigInt(capacity) * BigInt(toMs(per, 'per'))
  return { quota: capacity, windowMs: Number((product + BigInt(rate) - 1n) / BigInt(rate)) }
}
