import type { CalendarPeriod } from './calendar.ts'
import type { Duration } from './duration.ts'

/** Continuous refill, with bursts. Make one with {@link tokenBucket}. */
export interface TokenBucket {
  readonly algorithm: 'token-bucket'
  /** The most tokens that the bucket holds: the largest burst, and the largest cost. At least 1. */
  readonly capacity: number
  /** Tokens that flow back in each `per`, evenly. At least 1. */
  readonly refill: number
  readonly per: Duration
}

/** Constant output. Make one with {@link leakyBucket}. */
export interface LeakyBucket {
  readonly algorithm: 'leaky-bucket'
  /** Requests let out in each `per`, evenly. At least 1. */
  readonly rate: number
  readonly per: Duration
  /** How many may wait behind the one that runs. 0 or more. */
  readonly queue: number
}

/** A count per window aligned to the epoch. Make one with {@link fixedWindow}. */
export interface FixedWindow {
  readonly algorithm: 'fixed-window'
  readonly limit: number
  readonly window: Duration
}

/** Two counters, the previous weighted by its overlap. Make one with {@link slidingWindow}. */
export interface SlidingWindow {
  readonly algorithm: 'sliding-window'
  readonly limit: number
  readonly window: Duration
}

/** Exact over any window. Make one with {@link slidingLog}. */
export interface SlidingLog {
  readonly algorithm: 'sliding-log'
  /** At most 10,000: each charge is remembered. */
  readonly limit: number
  readonly window: Duration
}

/** How many at once. Make one with {@link concurrency}. */
export interface Concurrency {
  readonly algorithm: 'concurrency'
  /** At most 10,000: each of them is remembered. */
  readonly limit: number
  /** After how long a place is free again that nobody gave back, since whoever had it is gone: longer than the work may take. */
  readonly lease: Duration
}

/** A count per calendar period. Make one with {@link quota}. */
export interface Quota {
  readonly algorithm: 'quota'
  readonly limit: number
  readonly per: CalendarPeriod
  /** An IANA name; UTC unless told. */
  readonly timeZone?: string
  /** The day on which a month (1 to 31, the last day where a month is shorter) or a week (1 Monday to 7) starts. 1 unless told. */
  readonly anchorDay?: number
}

/** A limit as plain data: frozen, and the same after `JSON.parse(JSON.stringify(limit))` and {@link parseLimit}. */
export type Limit = TokenBucket | LeakyBucket | FixedWindow | SlidingWindow | SlidingLog | Concurrency | Quota

/** What a limit's constructor takes. */
export type LimitOptions<L extends Limit> = Omit<L, 'algorithm'>
