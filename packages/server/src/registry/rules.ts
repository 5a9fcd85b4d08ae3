import type { Assignment } from '@headgate/plans'
import { changeConflict, exceptionConflict, planIsDefault, unknownPlan } from './errors.ts'
import type { Change, RecordedChange } from './registry.ts'

/** What there is at the moment of a change. */
export interface Head {
  /** The id of the last change of any kind; 0 for none yet. */
  readonly lastId: number
  /** That of the last change of the plans. */
  readonly revision: number
  readonly default: string
  readonly plans: ReadonlySet<string>
}

/** Whether a change makes another state of the plans. */
export function isOfPlans(change: Change): boolean {
  return !('subject' in change)
}

/**
 * Checks a change by what there is, but for who is on which plan.
 *
 * @param revision the one by which it was checked; what takes a subject's plan away, or changes none, goes by no plans
 * @returns the plans that would go, by name: nobody may be on them
 * @throws HeadgateError `CHANGE_CONFLICT`, `UNKNOWN_PLAN`, `PLAN_IN_USE`
 */
export function checkChange(change: Change, revision: number, head: Head): readonly string[] {
  const { type } = change
  if (type === 'subject.deleted' || type === 'subject.reset') return []
  if (revision !== head.revision) throw changeConflict(revision, head.revision)
  switch (type) {
    case 'plans.replaced': {
      const names = new Set(Object.keys(change.plans))
      if (!names.has(change.default)) throw unknownPlan(change.default, names)
      return [...head.plans].filter((plan) => !names.has(plan)).sort()
    }
    case 'plan.deleted':
      if (change.plan === head.default) throw planIsDefault(change.plan)
      return head.plans.has(change.plan) ? [change.plan] : []
    case 'default.set':
      if (!head.plans.has(change.plan)) throw unknownPlan(change.plan, head.plans)
      return []
    case 'subject.set':
      if (!head.plans.has(change.assignment.plan)) throw unknownPlan(change.assignment.plan, head.plans)
      return []
    case 'plan.set':
      return []
  }
}

/** Of so many changes it isn't looked up what they are. */
export const MANY_CHANGES = 1_000

/**
 * Whether a change of plans may be made after others, by which it wasn't checked.
 *
 * @param since those of subjects, at most {@link MANY_CHANGES}
 * @throws HeadgateError `CHANGE_CONFLICT`
 */
export function checkSince(since: readonly RecordedChange[]): void {
  const isMany = since.length >= MANY_CHANGES
  const isOther = ({ change }: RecordedChange) =>
    change.type === 'subject.set' && hasException(change.assignment)
  if (isMany || since.some(isOther)) throw exceptionConflict()
}

/** Whether something of a plan is different for somebody. */
export function hasException({ plan: _plan, until: _until, ...changes }: Assignment): boolean {
  return Object.keys(changes).length > 0
}

/** The default after a change. */
export function defaultAfter(change: Change, before: string): string {
  if (change.type === 'plans.replaced') return change.default
  return change.type === 'default.set' ? change.plan : before
}

/** Plans by their names, without a prototype: whoever asks for one by a name from anywhere finds none that isn't one. */
export function byName<Options>(plans: Iterable<readonly [string, Options]>): { [name: string]: Options } {
  return Object.assign(Object.create(null), Object.fromEntries(plans))
}

/** As it would come back from a database: plain data of its own, dates as texts, and nothing that is undefined. */
export function plain<T>(data: T): T {
  return JSON.parse(JSON.stringify(data))
}
