import { invalidOption } from '@headgate/core'
import type { Policy } from './field-writer.ts'
import { MAX_INTEGER } from './integer.ts'

/** What a string of a structured field can hold (RFC 9651, 3.3.3). */
const PRINTABLE = /^[ -~]+$/

/**
 * Everything that a field could not say is refused here, so that writing need not look.
 *
 * @throws HeadgateError `INVALID_OPTION`
 */
export function checkPolicies(policies: readonly Policy[]): void {
  const names = new Set<string>()
  for (const policy of policies) {
    checkPolicy(policy)
    if (names.has(policy.name)) {
      throw invalidOption('name', policy.name, 'of one policy only', 'Tell each limit by a name of its own')
    }
    names.add(policy.name)
  }
}

function checkPolicy({ name, quota, windowMs, unit = 'requests' }: Policy): void {
  checkText('name', name)
  checkText('unit', unit)
  if (!Number.isInteger(quota) || quota < 0 || quota > MAX_INTEGER) {
    throw invalidOption(
      'quota',
      quota,
      'a whole number up to 999,999,999,999,999',
      'No header field can say more: lower the limit, or write no fields',
    )
  }
  if (windowMs !== null && (!Number.isSafeInteger(windowMs) || windowMs < 1)) {
    throw invalidOption(
      'windowMs',
      windowMs,
      'whole milliseconds from 1 to 2^53 − 1, or null',
      'A header field can say no other window: shorten it, or write no fields',
    )
  }
}

function checkText(option: string, value: unknown): void {
  if (typeof value === 'string' && PRINTABLE.test(value)) return
  throw invalidOption(option, value, 'printable ASCII and not empty', 'Use letters, digits, "-" and "."')
}
