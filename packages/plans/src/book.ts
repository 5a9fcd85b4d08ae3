import { checkKey, invalidOption, showValue } from '@headgate/core'
import { type Assigned, type Assignment, assign } from './assignment.ts'
import { type Plans, planOf } from './define-plans.ts'
import type { Plan } from './plan.ts'
import { isRecord } from './record.ts'

/** Plans, and who is on which. */
export interface PlansConfig {
  readonly plans: Plans
  /** The name of the plan of whoever is assigned to none. */
  readonly default: string
  /** Who is on which plan, by subject, where that is known beforehand: the plan's name, or with what is different. */
  readonly subjects?:
    | ReadonlyMap<string, string | Assignment>
    | { readonly [subject: string]: string | Assignment }
}

/** {@link PlansConfig} made ready. */
export interface Book {
  readonly plans: Plans
  readonly default: Plan
  readonly subjects: ReadonlyMap<string, Assigned>
}

/** @throws HeadgateError that names the field */
export function openBook({ plans, default: name, subjects = {} }: PlansConfig): Book {
  if (!isRecord(plans)) throw invalidOption('plans', plans, 'plans', 'Pass what definePlans({ … }) returns')
  const isMap = subjects instanceof Map
  if (!isMap && !isRecord(subjects))
    throw invalidOption('subjects', subjects, 'an object or a Map', 'Write { acme: "premium" }')
  const assigned = [...(isMap ? subjects : Object.entries(subjects))].map(([subject, assignment]) => {
    checkKey(subject, 'subject')
    return [subject, assign(assignment, plans, `subjects[${showValue(subject)}]`)] as const
  })
  return { plans, default: planOf(plans, name, 'default'), subjects: new Map(assigned) }
}
