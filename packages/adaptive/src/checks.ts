import { invalidOption } from '@headgate/core'

/** @throws HeadgateError `INVALID_OPTION` */
export function checkOptions<Options>(options: Options, fix: string): Options {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return options
  throw invalidOption('options', options, 'an object', fix)
}

/** @throws HeadgateError `INVALID_OPTION` */
export function checkShare(option: string, value: unknown, fix: string): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value
  throw invalidOption(option, value, 'a number above 0, and at most 1', fix)
}
