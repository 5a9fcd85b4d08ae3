import type { Rule } from '../algorithms/rule.ts'
import { invalidOption } from '../errors.ts'

/** The largest cost that can ever fit under a rule. */
export function capacityOf(rule: Rule): number {
  return rule.algorithm === 'meter' ? rule.capacity : rule.limit
}

/**
 * Reads a share as the number of equal parts that it is one of.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION` for what isn't 1/n: n processes with other shares could pass the limit together
 */
export function partsOf(share: unknown): number {
  const parts = typeof share === 'number' ? Math.round(1 / share) : 0
  if (parts >= 1 && parts <= 1_000_000 && 1 / parts === share) return parts
  throw invalidOption(
    'share',
    share,
    '1/n for a whole number n',
    'Write 1 / 4 when four processes share a limit',
  )
}

/**
 * One of `parts` equal parts of a limit: what so many processes, each by itself, let through together stays within the
 * limit.
 *
 * A meter keeps its level, its drain and its top, and each unit costs `parts` times as much: that is 1/n of the burst and of
 * the rate, without rounding. A window or a log has 1/n of its limit, rounded down.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION` for a limit of less than `parts`, of which no part could let anything through
 */
export function shareOf(rule: Rule, parts: number): Rule {
  checkShare(rule, parts)
  if (parts === 1) return rule
  if (rule.algorithm !== 'meter') return { ...rule, limit: Math.floor(rule.limit / parts) }
  const den = rule.den * parts
  const units = `meter:${rule.tick}:${rule.num}:${den}`
  return { ...rule, units, den, capacity: Math.floor(rule.capacity / parts) }
}

/** @throws {@link HeadgateError} `INVALID_OPTION`, as {@link shareOf} does */
export function checkShare(rule: Rule, parts: number): void {
  if (capacityOf(rule) >= parts) return
  const fix = 'Give limits so small a store of their own, whose onError is "allow" or "deny"'
  throw invalidOption('share', 1 / parts, `at least 1 unit of a limit of ${capacityOf(rule)}`, fix)
}
