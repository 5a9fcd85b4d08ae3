import { HeadgateError, showValue } from '@headgate/core'
import type { Owner } from '@headgate/sql/postgres'

/** Whose tables they are. */
export const OWNER: Owner = { what: 'registry', package: '@headgate/server' }

/** @param option what said by which revision the change was made */
export function changeConflict(seen: number, now: number, option = 'revision'): HeadgateError {
  return new HeadgateError({
    code: 'CHANGE_CONFLICT',
    option,
    value: seen,
    message: `The plans were changed meanwhile: they are at revision ${now}, not ${seen}`,
    fix: 'Read them again, and make your change anew',
  })
}

/** Somebody was given an exception by which a change wasn't checked. */
export function exceptionConflict(): HeadgateError {
  return new HeadgateError({
    code: 'CHANGE_CONFLICT',
    option: 'upTo',
    message: 'A customer was given an exception meanwhile',
    fix: 'Make your change anew',
  })
}

export function unknownPlan(plan: string, known: Iterable<string>): HeadgateError {
  const names = [...known].join(', ')
  return new HeadgateError({
    code: 'UNKNOWN_PLAN',
    option: 'plan',
    value: plan,
    message: `There is no plan ${showValue(plan)}`,
    fix: names === '' ? 'Write plans first' : `Use ${names}`,
  })
}

export function planIsDefault(plan: string): HeadgateError {
  return inUse(plan, 'it is the default', 'Make another plan the default first')
}

export function planIsTaken(plan: string, subjects: number): HeadgateError {
  const who = subjects === 1 ? '1 subject is' : `${subjects} subjects are`
  return inUse(plan, `${who} on it`, 'Put them on another plan first')
}

function inUse(plan: string, why: string, fix: string): HeadgateError {
  const message = `The plan ${showValue(plan)} can't be deleted: ${why}`
  return new HeadgateError({ code: 'PLAN_IN_USE', option: 'plan', value: plan, message, fix })
}

export function readOnly(path: string): HeadgateError {
  return new HeadgateError({
    code: 'READ_ONLY',
    message: `The plans, and who is on which, are read from ${showValue(path)}`,
    fix: 'Change that file, or keep plans in a database',
  })
}
