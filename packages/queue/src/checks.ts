import { type Duration, invalidOption, type Micros, toMs } from '@headgate/core'

/** @throws HeadgateError `INVALID_OPTION` */
export function checkFunction(option: string, value: unknown, fix: string): void {
  if (typeof value !== 'function') throw invalidOption(option, value, 'a function', fix)
}

/** @throws HeadgateError `INVALID_DURATION`, `INVALID_OPTION` */
export function micros(option: string, value: Duration, maxDays: number): Micros {
  const ms = toMs(value, option)
  if (ms <= maxDays * 86_400_000) return ms * 1_000
  throw invalidOption(option, value, `at most ${maxDays} days`, 'Give what a caller can wait, such as "30s"')
}

/** @throws HeadgateError `INVALID_OPTION` */
export function checkObject(option: string, value: unknown, fix: string): void {
  if (typeof value !== 'object' || value === null) throw invalidOption(option, value, 'an object', fix)
}
