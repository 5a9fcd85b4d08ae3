import { HeadgateError } from './errors.ts'
import { showValue } from './show-value.ts'

/** A time or a span in whole microseconds; a time counts from the Unix epoch. */
export type Micros = number

/** @throws {@link HeadgateError} `INVALID_TIME` for what isn't a time from 1970 on */
export function checkTime(now: unknown): Micros {
  if (Number.isSafeInteger(now) && (now as number) >= 0) return now as Micros
  throw new HeadgateError({
    code: 'INVALID_TIME',
    option: 'now',
    value: now,
    message: `\`now\` must be whole microseconds since the Unix epoch, not ${showValue(now)}`,
    fix: 'Multiply milliseconds by 1,000 and round',
  })
}

/**
 * Where the span of `length` that holds `time` starts, if spans lie end to end from the epoch on. A division takes a third of
 * the time of a remainder, and rounding can't lift the quotient to the next whole number: it is at least 1 / `length` below
 * that, and off by less, since `time` is below 2^53.
 */
export function alignedStart(time: Micros, length: Micros): Micros {
  return Math.floor(time / length) * length
}
