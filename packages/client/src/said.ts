import type { Micros } from '@headgate/core'
import { parseHttpDate } from './http-date.ts'
import { MAX_FIELD, type Quota, readRateLimit } from './rate-limit.ts'

/** What a response says about when its server will serve. All of it is the server's claim, and none of it is bounded. */
export interface Said {
  /** For how long nothing should be sent, from now; 0 for "at once". Undefined if the server doesn't say. */
  readonly retryAfter: Micros | undefined
  /** What remains, as far as it is told. */
  readonly quotas: readonly Quota[]
}

/** A server's times are told in seconds. */
const SECOND = 1_000_000

/** Reads the fields of a response that arrived at `now`. What is malformed is as good as absent. */
export function readSaid({ status, headers }: Response, now: Micros): Said {
  const age = headers.get('age')
  // Dates are read against the server's own clock where it tells it: ours may be minutes off. It tells whole seconds,
  // rounded down, so a wait can get longer by that, and never shorter.
  const serverNow = parseHttpDate(headers.get('date') ?? '', now / 1_000) ?? now / 1_000
  const throttles = status === 429 || status === 503
  const retryAfter = throttles ? readRetryAfter(headers.get('retry-after'), serverNow) : undefined
  // What comes out of a cache tells what remained once.
  const quotas = age === null || age === '0' ? readRateLimit(headers, serverNow, status === 429) : []
  if (retryAfter === undefined || retryAfter === 0) return { retryAfter, quotas }
  // Retry-After takes precedence over when the quota is as good as new.
  return {
    retryAfter,
    quotas: quotas.map((quota) => (quota.remaining === 0 ? { ...quota, lasts: retryAfter } : quota)),
  }
}

function readRetryAfter(value: string | null, serverNow: number): Micros | undefined {
  if (value === null || value.length > MAX_FIELD) return undefined
  if (/^\d+$/.test(value)) return Number(value) * SECOND
  const at = parseHttpDate(value, serverNow)
  return at === undefined ? undefined : Math.max(0, at - serverNow) * 1_000
}
