import { HeadgateError } from './errors.ts'
import { showValue } from './show-value.ts'

/** A time or a span in whole microseconds; a time counts from the Unix epoch. */
export type Micros = number

/**
 * @param option what to call it in the error
 * @throws {@link HeadgateError} `INVALID_TIME` for what isn't a time from 1970 on
 */
export function checkTime(time: unknown, option = 'now'): Micros {
  if (Number.isSafeInteger(time) && (time as number) >= 0) return time as Micros
  throw new HeadgateError({
    code: 'INVALID_TIME',
    option,
    value: time,
    message: `\`${option}\` must be whole microseconds since the Unix epoch, not ${showValue(time)}`,
    fix: 'Multiply milliseconds by 1,000 and round',
  })
}

/** A date by itself, or a time without its zone, would mean another moment on another machine. */
const INSTANT = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/**
 * A moment as ISO 8601 has it, with its time zone.
 *
 * @returns microseconds since 1970, in whole milliseconds; undefined for any other text, and for a date that there isn't, which
 *   `Date` would take for one of the next month
 * @example
 * ```ts
 * import { parseInstant } from '@headgate/core'
 *
 * parseInstant('2027-01-01T00:00:00Z') // 1798761600000000
 * parseInstant('2027-02-30T00:00:00Z') // undefined
 * ```
 */
export function parseInstant(text: string): Micros | undefined {
  const [, date = ''] = INSTANT.exec(text) ?? []
  const [day, instant] = [Date.parse(date), Date.parse(text)]
  if (Number.isNaN(day) || Number.isNaN(instant)) return
  return new Date(day).toISOString().startsWith(date) ? instant * 1_000 : undefined
}

/**
 * Where the span of `length` that holds `time` starts, if spans lie end to end from the epoch on. A division takes a third of
 * the time of a remainder, and rounding can't lift the quotient to the next whole number: it is at least 1 / `length` below
 * that, and off by less, since `time` is below 2^53.
 */
export function alignedStart(time: Micros, length: Micros): Micros {
  return Math.floor(time / length) * length
}

/** In milliseconds: longer spans are mistakes, and their ends would pass 2^53 µs. */
export const CENTURY_MS: number = 100 * 366 * 86_400_000
