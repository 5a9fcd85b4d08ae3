import { invalidOption } from './errors.ts'

/**
 * An option that counts something.
 *
 * @param fix what to do, as {@link invalidOption} has it
 * @returns the value
 * @throws {@link HeadgateError} `INVALID_OPTION` for what isn't a whole number from `from` to `to`
 * @example
 * ```ts
 * import { checkWhole } from '@headgate/core'
 *
 * checkWhole('maxKeys', 1_000, 1, 2 ** 24, 'Leave it out for 1,000') // 1000
 * ```
 */
export function checkWhole(option: string, value: unknown, from: number, to: number, fix: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to)
    return value as number
  throw invalidOption(option, value, `a whole number from ${from} to ${to}`, fix)
}
