import type { Assignment, PlanOptions } from '@headgate/plans'
import { expect } from 'vitest'
import type {
  Change,
  ChangesQuery,
  RecordedChange,
  Registry,
  SubjectsQuery,
} from '../../src/registry/registry.ts'
import { allChanges, allSubjects } from './support.ts'

/** A registry in the plainest way: what it does is to be seen at a glance. */
export class Model {
  revision = 0
  default = ''
  readonly plans = new Map<string, PlanOptions>()
  readonly subjects = new Map<string, { readonly assignment: Assignment; readonly setBy: number }>()
  readonly changes: { readonly id: number; readonly actor: string; readonly change: Change }[] = []

  /** What would become of a change: "written", "nothing" or the code of an error. */
  verdict(change: Change, revision: number, upTo = Number.POSITIVE_INFINITY): string {
    const users = (plan: string) => [...this.subjects.values()].some((one) => one.assignment.plan === plan)
    if (change.type === 'subject.reset') return 'written'
    if (change.type === 'subject.deleted') return this.subjects.has(change.subject) ? 'written' : 'nothing'
    if (revision !== this.revision) return 'CHANGE_CONFLICT'
    if (change.type === 'subject.set')
      return this.plans.has(change.assignment.plan) ? 'written' : 'UNKNOWN_PLAN'
    if (this.changes.some(({ id, change: one }) => id > upTo && isException(one))) return 'CHANGE_CONFLICT'
    if (change.type === 'plan.set') return 'written'
    if (change.type === 'default.set') return this.plans.has(change.plan) ? 'written' : 'UNKNOWN_PLAN'
    if (change.type === 'plan.deleted') {
      if (!this.plans.has(change.plan)) return 'nothing'
      return change.plan === this.default || users(change.plan) ? 'PLAN_IN_USE' : 'written'
    }
    const names = Object.keys(change.plans)
    if (!names.includes(change.default)) return 'UNKNOWN_PLAN'
    const gone = [...this.plans.keys()].filter((plan) => !names.includes(plan))
    return gone.some(users) ? 'PLAN_IN_USE' : 'written'
  }

  apply(id: number, actor: string, change: Change): void {
    this.changes.push({ id, actor, change })
    if (!change.type.startsWith('subject.')) this.revision = id
    if (change.type === 'subject.set')
      this.subjects.set(change.subject, { assignment: change.assignment, setBy: id })
    if (change.type === 'subject.deleted') this.subjects.delete(change.subject)
    if (change.type === 'plan.set') this.plans.set(change.plan, change.options)
    if (change.type === 'plan.deleted') this.plans.delete(change.plan)
    if (change.type === 'default.set') this.default = change.plan
    if (change.type === 'plans.replaced') {
      this.default = change.default
      this.plans.clear()
      for (const [plan, options] of Object.entries(change.plans)) this.plans.set(plan, options)
    }
  }

  subjectsOf({ after, limit, prefix, plan }: SubjectsQuery) {
    return [...this.subjects]
      .map(([subject, { assignment, setBy }]) => ({ subject, assignment, setBy }))
      .filter(({ subject }) => after === undefined || inOrder(after, subject) < 0)
      .filter(({ subject }) => subject.startsWith(prefix ?? ''))
      .filter(({ assignment }) => plan === undefined || assignment.plan === plan)
      .sort((a, b) => inOrder(a.subject, b.subject))
      .slice(0, limit)
  }

  changesOf({ after, before, limit, subject }: ChangesQuery) {
    const found = this.changes
      .filter(({ id }) => after === undefined || id > after)
      .filter(({ id }) => before === undefined || id < before)
      .filter(({ change }) => subject === undefined || ('subject' in change && change.subject === subject))
    return (after === undefined ? found.toReversed() : found).slice(0, limit)
  }
}

function isException(change: Change): boolean {
  if (change.type !== 'subject.set') return false
  return Object.keys(change.assignment).some((key) => key !== 'plan' && key !== 'until')
}

/** By code points, one by one. */
export function inOrder(a: string, b: string): number {
  const [points, others] = [a, b].map((text) => Array.from(text, (one) => one.codePointAt(0)!))
  for (let i = 0; i < points!.length && i < others!.length; i++) {
    if (points![i] !== others![i]) return points![i]! - others![i]!
  }
  return points!.length - others!.length
}

/**
 * The changes that a registry recorded, made once more one after the other, must each have been possible then, and lead to what
 * it holds: whatever happened at the same time.
 */
export async function expectConsistent(registry: Registry): Promise<RecordedChange[]> {
  const changes = await allChanges(registry)
  const model = new Model()
  for (const { id, actor, change } of changes) {
    expect(id).toBeGreaterThan(model.changes.at(-1)?.id ?? 0)
    expect([id, change, model.verdict(change, model.revision)]).toEqual([id, change, 'written'])
    model.apply(id, actor, change)
  }
  expect(await registry.plans()).toEqual({
    revision: model.revision,
    default: model.default,
    plans: Object.fromEntries(model.plans),
  })
  const times = new Map(changes.map(({ id, at }) => [id, at]))
  const expected = model
    .subjectsOf({ limit: Number.POSITIVE_INFINITY })
    .map(({ setBy, ...one }) => ({ ...one, changedAt: times.get(setBy) }))
  expect(await allSubjects(registry)).toEqual(expected)
  return changes
}
