import { invalidOption } from '@headgate/core'
import type { LedgerQuery, UsageField } from './ledger.ts'

const FIELDS: readonly UsageField[] = ['subject', 'meter', 'plan']

/**
 * Nothing but names of fields may come into a statement as its text.
 *
 * @throws HeadgateError `INVALID_OPTION`
 */
export function checkGroupBy(groupBy: unknown): asserts groupBy is readonly UsageField[] {
  const isFields = Array.isArray(groupBy) && groupBy.every((field) => FIELDS.includes(field))
  if (isFields && new Set(groupBy).size === groupBy.length) return
  throw invalidOption(
    'groupBy',
    groupBy,
    'an array of "subject", "meter" and "plan"',
    'Name each once at most',
  )
}

/** The fields that are asked for, with their values. */
export function wantedIn(where: LedgerQuery['where']): (readonly [UsageField, string])[] {
  return FIELDS.flatMap((field) => {
    const value = where[field]
    return value === undefined ? [] : [[field, value] as const]
  })
}
