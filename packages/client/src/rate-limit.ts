import type { Micros } from '@headgate/core'
import { type Item, parseDictionary, parseList } from 'structured-headers'

/** How much a server says it will still serve, and for how long that holds. */
export interface Quota {
  /** The policy's name; empty where the fields have no names. */
  readonly name: string
  /** Requests, a whole number from 0. */
  readonly remaining: number
  /** Until it is as good as new, from now. */
  readonly lasts: Micros
}

/** Longer fields are hostile or broken, and not read. */
export const MAX_FIELD = 4_096

const SECOND = 1_000_000

/**
 * What the first of these says that says something: `RateLimit` (today's list, or the dictionary of draft 7),
 * `RateLimit-Remaining` and `-Reset` (draft 6), `X-RateLimit-Remaining` and `-Reset`.
 *
 * @param serverNow milliseconds since the Unix epoch, by the server's clock
 * @param denied whether the response is itself a denial: then nothing remains, even if only the reset is told
 */
export function readRateLimit(headers: Headers, serverNow: number, denied: boolean): readonly Quota[] {
  const get = (name: string): string | undefined => {
    const value = headers.get(name)
    return value === null || value.length > MAX_FIELD ? undefined : value
  }
  const current = get('ratelimit')
  if (current !== undefined) {
    const quotas = readList(current, get('ratelimit-policy')) ?? readDictionary(current)
    if (quotas.length > 0) return quotas
  }
  const none = denied ? '0' : undefined
  const draft6 = fromText(get('ratelimit-remaining') ?? none, get('ratelimit-reset'), serverNow)
  if (draft6.length > 0) return draft6
  return fromText(get('x-ratelimit-remaining') ?? none, get('x-ratelimit-reset'), serverNow)
}

/** `"default";r=50;t=30`. Undefined if it isn't a list at all. */
function readList(value: string, policy: string | undefined): readonly Quota[] | undefined {
  const items = attempt(() => parseList(value))
  if (items === undefined) return undefined
  const policies = new Map((policy === undefined ? undefined : readPolicies(policy)) ?? [])
  return items.flatMap((item) => {
    const [bare, parameters] = item
    if (Array.isArray(bare)) return []
    const name = String(bare)
    const own = policies.get(name)
    // Bytes, or requests in flight, are not a number of requests to come.
    const unit = own?.get('qu') ?? 'requests'
    return String(unit) === 'requests'
      ? quota(name, parameters.get('r'), parameters.get('t') ?? own?.get('w'))
      : []
  })
}

function readPolicies(value: string): readonly (readonly [string, Item[1]])[] | undefined {
  return attempt(() => parseList(value))?.map(([bare, parameters]) => [String(bare), parameters] as const)
}

/** `limit=100, remaining=99, reset=50` */
function readDictionary(value: string): readonly Quota[] {
  const members = attempt(() => parseDictionary(value))
  return quota('', members?.get('remaining')?.[0], members?.get('reset')?.[0])
}

function quota(name: string, remaining: unknown, seconds: unknown): readonly Quota[] {
  return isCount(remaining) && isCount(seconds) ? [{ name, remaining, lasts: seconds * SECOND }] : []
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Two fields of plain digits. Legacy resets are in seconds from now, in seconds since 1970, or in milliseconds since 1970. */
function fromText(
  remaining: string | undefined,
  reset: string | undefined,
  serverNow: number,
): readonly Quota[] {
  if (!/^\d{1,15}$/.test(remaining ?? '') || !/^\d{1,15}(\.\d{1,9})?$/.test(reset ?? '')) return []
  const value = Number(reset)
  // Nobody counts a reset that is 30 years away from now on, and 1970 is over.
  const ms = value >= 1e12 ? value - serverNow : value >= 1e9 ? value * 1_000 - serverNow : value * 1_000
  return [{ name: '', remaining: Number(remaining), lasts: Math.max(0, Math.ceil(ms * 1_000)) }]
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}
