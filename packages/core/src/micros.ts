import { HeadgateError, show } from './errors.ts'

/** A time or a span in whole microseconds; a time counts from the Unix epoch. */
export type Micros = number

/** @throws {@link HeadgateError} `INVALID_TIME` for what isn't a time from 1970 on */
export function checkTime(now: unknown): Micros {
  if (Number.isSafeInteger(now) && (now as number) >= 0) return now as Micros
  throw new HeadgateError({
    code: 'INVALID_TIME',
    option: 'now',
    value: now,
    message: `\`now\` must be whole microseconds since the Unix epoch, not ${show(now)}`,
    fix: 'Multiply milliseconds by 1,000 and round',
  })
}
