import { HeadgateError, type Micros, showValue } from '@headgate/core'

/** @throws HeadgateError `INVALID_TIME` for what isn't a time from 1970 on */
export function checkMicros(value: unknown, option: string): asserts value is Micros {
  if (Number.isSafeInteger(value) && (value as Micros) >= 0) return
  throw new HeadgateError({
    code: 'INVALID_TIME',
    option,
    value,
    message: `\`${option}\` must be whole microseconds since the Unix epoch, not ${showValue(value)}`,
    fix: 'Multiply milliseconds by 1,000 and round',
  })
}
