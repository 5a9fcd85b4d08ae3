import { type CalendarPeriod, checkTimeZone } from './calendar.ts'
import { type CompiledLimit, compileChecked, isCompiled } from './compile.ts'
import { type Duration, toMs } from './duration.ts'
import { HeadgateError, show } from './errors.ts'

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
export type Limit = TokenBucket | LeakyBucket | FixedWindow | SlidingWindow | SlidingLog | Quota

/** What a limit's constructor takes. */
export type LimitOptions<L extends Limit> = Omit<L, 'algorithm'>

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

/**
 * A limit from data that isn't trusted: a file, a request, a database.
 *
 * @throws {@link HeadgateError} as the constructors do
 * @example
 * ```ts
 * import { parseLimit } from '@headgate/core'
 *
 * const limit = parseLimit(JSON.parse('{"algorithm":"fixed-window","limit":100,"window":"1m"}'))
 * ```
 */
export function parseLimit(data: unknown): Limit {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new HeadgateError({
      code: 'INVALID_LIMIT',
      value: data,
      message: `A limit must be an object, not ${show(data)}`,
      fix: 'Make it with tokenBucket(), fixedWindow() …, or write {"algorithm":"token-bucket", …}',
    })
  }
  const { algorithm, ...options } = data as { algorithm?: unknown }
  if (typeof algorithm !== 'string' || !Object.hasOwn(schemas, algorithm)) {
    throw invalid(
      'algorithm',
      algorithm,
      'a known algorithm',
      `Use one of ${Object.keys(schemas).join(', ')}`,
    )
  }
  return build(algorithm as Limit['algorithm'], options as never)
}

/**
 * Compiles a limit to whole numbers, once per object. Stores and tests need it; a limiter does it by itself.
 *
 * @throws {@link HeadgateError} as the constructors do, where the limit was written by hand
 * @example
 * ```ts
 * import { compileLimit, fixedWindow } from '@headgate/core'
 *
 * compileLimit(fixedWindow({ limit: 5, window: '1s' })).ruleAt(0) // { algorithm: 'window', limit: 5, length: 1000000, … }
 * ```
 */
export function compileLimit(limit: Limit): CompiledLimit {
  return compileChecked(isCompiled(limit) ? limit : parseLimit(limit))
}

type OptionCheck = (value: unknown, option: string) => void
type Schema<L extends Limit> = { readonly [O in keyof Required<LimitOptions<L>>]: OptionCheck }

const duration: OptionCheck = (value, option) => void toMs(value as Duration, option)
const count = wholeNumber(1)

const schemas: { readonly [A in Limit['algorithm']]: Schema<Extract<Limit, { algorithm: A }>> } = {
  'token-bucket': { capacity: count, refill: count, per: duration },
  'leaky-bucket': { rate: count, per: duration, queue: wholeNumber(0) },
  'fixed-window': { limit: count, window: duration },
  'sliding-window': { limit: count, window: duration },
  'sliding-log': { limit: wholeNumber(1, 10_000), window: duration },
  quota: {
    limit: count,
    per: calendarPeriod,
    timeZone: optional(checkTimeZone),
    anchorDay: optional(wholeNumber(1, 31)),
  },
}

function build<L extends Limit>(algorithm: L['algorithm'], options: LimitOptions<L>): L {
  if (typeof options !== 'object' || options === null) {
    throw invalid('options', options, 'an object', `Pass { ${Object.keys(schemas[algorithm]).join(', ')} }`)
  }
  const given = options as Record<string, unknown>
  const schema = schemas[algorithm] as Record<string, OptionCheck>
  for (const option of Object.keys(given)) {
    if (!Object.hasOwn(schema, option)) {
      throw invalid(
        option,
        given[option],
        'left out',
        `A ${algorithm} has the options ${Object.keys(schema).join(', ')}`,
      )
    }
  }
  const limit: Record<string, unknown> = { algorithm }
  for (const [option, check] of Object.entries(schema)) {
    check(given[option], option)
    if (given[option] !== undefined) limit[option] = given[option]
  }
  const frozen = Object.freeze(limit) as unknown as L
  compileChecked(frozen)
  return frozen
}

function optional(check: OptionCheck): OptionCheck {
  return (value, option) => {
    if (value !== undefined) check(value, option)
  }
}

function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): OptionCheck {
  return (value, option) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw invalid(option, value, `a whole number ${range}`, 'Give a whole number in that range')
  }
}

function calendarPeriod(value: unknown, option: string): void {
  if (value === 'hour' || value === 'day' || value === 'week' || value === 'month') return
  throw invalid(option, value, '"hour", "day", "week" or "month"', 'For other spans use fixedWindow()')
}

function invalid(option: string, value: unknown, expected: string, fix: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_LIMIT',
    option,
    value,
    message: `\`${option}\` must be ${expected}, not ${show(value)}`,
    fix,
  })
}
