import { type Clock, calendarBounds, checkWhole, invalidOption, systemClock } from '@headgate/core'
import { checkOptions, checkShare } from './checks.ts'

/** How a limit follows from what was used. */
export interface UsualOptions {
  /** How many times the usual use is allowed: a number of at least 1. */
  readonly factor: number
  /** The least limit: also who never used anything may begin. A whole number from 1. */
  readonly min: number
  /** The largest limit. */
  readonly max: number
  /** Which use is the usual one: 0.9 is the one that nine periods of ten didn't exceed, which is so unless told. */
  readonly quantile?: number
}

/**
 * A limit by what was used in periods before: `factor` times the usual use, from `min` to `max`.
 *
 * @param totals what was used in each period, those without any use included; the order doesn't matter
 * @returns a whole number: the quantile by nearest rank, times the factor, rounded up
 * @throws HeadgateError `INVALID_OPTION`
 * @example
 * ```ts
 * import { usualLimit } from '@headgate/adaptive'
 *
 * usualLimit([0, 90, 100, 110], { factor: 3, min: 50, max: 10_000 }) // 330
 * ```
 */
export function usualLimit(totals: readonly number[], options: UsualOptions): number {
  const { factor, min, max, quantile } = checkUsual(options)
  if (!Array.isArray(totals) || totals.some((total) => !(total >= 0)))
    throw invalidOption(
      'totals',
      totals,
      'a list of numbers of at least 0',
      'Pass what was used in each period',
    )
  const sorted = [...totals].sort((a, b) => a - b)
  const usual = sorted[Math.max(0, Math.ceil(sorted.length * quantile) - 1)] ?? 0
  return Math.min(max, Math.max(min, Math.ceil(usual * factor)))
}

/** What is needed of `@headgate/usage`. */
export interface UsageSource {
  query(query: {
    readonly subject: string
    readonly meter: string
    readonly from: number
    readonly to: number
    readonly by: 'day'
    readonly timeZone: string
  }): Promise<readonly { readonly units: number }[]>
}

/** Options of {@link usualDaily}. */
export interface UsualDailyOptions extends UsualOptions {
  readonly usage: UsageSource
  /** How many days before today count, from 1 to 366. 28 unless told, so that each day of the week is in it four times. */
  readonly days?: number
  /** What is counted. `"requests"` unless told. */
  readonly meter?: string
  /** Where days begin. `"UTC"` unless told. */
  readonly timeZone?: string
  readonly clock?: Clock
}

/**
 * A customer's daily limit by what it used on the days before: `daily` for an assignment of `@headgate/plans`.
 *
 * @returns what asks the ledger for one subject; it rejects as the ledger does
 * @throws HeadgateError `INVALID_OPTION`
 * @example
 * ```ts
 * import { usualDaily } from '@headgate/adaptive'
 * import { createDirectory, definePlans } from '@headgate/plans'
 * import { createUsage, memoryLedger } from '@headgate/usage'
 *
 * const usage = createUsage({ ledger: memoryLedger() })
 * const usual = usualDaily({ usage, factor: 3, min: 1_000, max: 100_000 })
 * const directory = createDirectory({
 *   plans: definePlans({ free: { daily: 1_000 } }),
 *   default: 'free',
 *   lookup: async (account) => ({ plan: 'free', ...(await usual(account)) }),
 *   ttl: '10m',
 * })
 * ```
 */
export function usualDaily(
  options: UsualDailyOptions,
): (subject: string) => Promise<{ readonly daily: number }> {
  const { usage, days = 28, meter = 'requests', timeZone = 'UTC', clock = systemClock() } = options ?? {}
  checkUsual(options)
  checkWhole('days', days, 1, 366, 'Leave it out for 28')
  if (typeof usage?.query !== 'function')
    throw invalidOption(
      'usage',
      usage,
      'a ledger of usage',
      'Pass what createUsage() of @headgate/usage returns',
    )
  return async (subject) => {
    const calendar = { per: 'day', timeZone } as const
    const [to] = calendarBounds(calendar, clock.now())
    // Half a day later than so many times 24 hours before, which lies in that day also where the clocks changed meanwhile.
    const [from] = calendarBounds(calendar, to - days * DAY + DAY / 2)
    const rows = await usage.query({ subject, meter, from, to, by: 'day', timeZone })
    // There are no rows of days without use.
    const idle = new Array<number>(Math.max(0, days - rows.length)).fill(0)
    // Corrections may have taken more off a day than was used on it.
    const totals = rows.map(({ units }) => Math.max(0, units))
    return { daily: usualLimit([...totals, ...idle], options) }
  }
}

const DAY = 86_400_000_000

function checkUsual(options: UsualOptions): Required<UsualOptions> {
  const {
    factor,
    min,
    max,
    quantile = 0.9,
  } = checkOptions(options, 'Pass { factor: 3, min: 100, max: 10_000 }')
  if (!(factor >= 1 && factor <= 1_000_000))
    throw invalidOption('factor', factor, 'a number from 1 to 1,000,000', 'Write 3 for three times the usual')
  checkWhole('min', min, 1, Number.MAX_SAFE_INTEGER, 'It is what somebody new may use')
  checkWhole('max', max, min, Number.MAX_SAFE_INTEGER, 'It is at least `min`')
  checkShare('quantile', quantile, 'Leave it out for 0.9')
  return { factor, min, max, quantile }
}
