import { invalidOption, type Micros, parseInstant } from '@headgate/core'
import { adjustPlan, type Plans, planOf } from './define-plans.ts'
import type { Plan, PlanChanges } from './plan.ts'
import { isRecord } from './record.ts'

/** Which plan a subject is on, with what is different for it alone. */
export interface Assignment extends PlanChanges {
  /** The plan's name. */
  readonly plan: string
  /** Until when: a `Date`, or text of ISO 8601 with its time zone. From then on the default plan is the subject's. */
  readonly until?: Date | string
}

/** An assignment made ready. */
export interface Assigned {
  readonly plan: Plan
  /** The first moment at which it isn't any more. */
  readonly until: Micros
}

/** @throws HeadgateError that names the field within `where` */
export function assign(assignment: unknown, plans: Plans, where: string): Assigned {
  if (typeof assignment === 'string')
    return { plan: planOf(plans, assignment, where), until: Number.POSITIVE_INFINITY }
  if (!isRecord(assignment))
    throw invalidOption(
      where,
      assignment,
      'the name of a plan, or an object with it',
      'Write { plan: "free" }',
    )
  const { plan: name, until, ...changes } = assignment
  const plan = planOf(plans, name, `${where}.plan`)
  const isChanged = Object.values(changes).some((change) => change !== undefined)
  return {
    plan: isChanged ? adjustPlan(plan, changes as PlanChanges, where) : plan,
    until: endOf(until, `${where}.until`),
  }
}

function endOf(until: unknown, option: string): Micros {
  if (until === undefined || until === null) return Number.POSITIVE_INFINITY
  let end: Micros | undefined
  if (until instanceof Date) end = until.getTime() * 1_000
  else if (typeof until === 'string') end = parseInstant(until)
  if (end !== undefined && !Number.isNaN(end)) return end
  throw invalidOption(option, until, 'a moment', 'Write it with its time zone: "2027-01-01T00:00:00Z"')
}
