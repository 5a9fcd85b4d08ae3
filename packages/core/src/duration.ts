import { HeadgateError } from './errors.ts'
import { showValue } from './show-value.ts'

/** A span of time: whole milliseconds, or a whole number with its unit. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * A {@link Duration} in milliseconds.
 *
 * @returns a whole number from 1 to 2^53 − 1
 * @throws {@link HeadgateError} `INVALID_DURATION` for anything else, a fraction and zero included
 * @example
 * ```ts
 * import { toMs } from '@headgate/core'
 *
 * toMs('2h') // 7200000
 * ```
 */
export function toMs(value: Duration, option = 'duration'): number {
  let ms: unknown = value
  if (typeof value === 'string') {
    const match = /^(\d{1,16})(ms|s|m|h|d)$/.exec(value)
    ms = match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : undefined
  }
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms < 1) {
    throw new HeadgateError({
      code: 'INVALID_DURATION',
      option,
      value,
      message: `\`${option}\` must be a duration of at least 1 ms, not ${showValue(value)}`,
      fix: 'Give whole milliseconds, or a whole number with a unit: "250ms", "10s", "1m", "2h", "7d"',
    })
  }
  return ms
}
