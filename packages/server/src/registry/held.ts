import type { Assignment, PlanOptions } from '@headgate/plans'
import { planIsTaken } from './errors.ts'
import type {
  Change,
  ChangesQuery,
  RecordedChange,
  SubjectsQuery,
  WriteOptions,
  WrittenPlans,
  WrittenSubject,
} from './registry.ts'
import { byName, checkChange, checkSince, defaultAfter, isOfPlans, MANY_CHANGES, plain } from './rules.ts'
import { compareText } from './texts.ts'

/** What a registry is about, in this process: everything at once, so that nobody sees a half of it. */
export interface Held {
  plans(): WrittenPlans
  subject(subject: string): WrittenSubject | undefined
  subjects(query: SubjectsQuery): WrittenSubject[]
  changes(query: ChangesQuery): RecordedChange[]
  write(change: Change, options: WriteOptions): number | undefined
  /** All plans, and who is on which, at once; recorded as `plans.replaced`. */
  replace(config: WrittenConfig, actor: string): void
}

/** All that is written, as plain data. */
export interface WrittenConfig {
  readonly default: string
  readonly plans: readonly (readonly [name: string, options: PlanOptions])[]
  readonly subjects: readonly (readonly [subject: string, assignment: Assignment])[]
}

/** How many changes are remembered, the latest ones. */
const MAX_CHANGES = 10_000

export function createHeld(): Held {
  const head = { lastId: 0, revision: 0, default: '' }
  let plans = new Map<string, PlanOptions>()
  let subjects = new Map<string, WrittenSubject>()
  /** The same in their order, made when somebody asks. */
  let inOrder: WrittenSubject[] | undefined
  const recorded: RecordedChange[] = []

  const record = (change: Change, actor: string, at: number): number => {
    const id = ++head.lastId
    if (isOfPlans(change)) head.revision = id
    head.default = defaultAfter(change, head.default)
    recorded.push({ id, at, actor, change })
    if (recorded.length > MAX_CHANGES) recorded.shift()
    return id
  }

  const apply = (change: Change, at: number): void => {
    switch (change.type) {
      case 'plans.replaced':
        plans = new Map(Object.entries(change.plans))
        return
      case 'plan.set':
        plans.set(change.plan, change.options)
        return
      case 'plan.deleted':
        plans.delete(change.plan)
        return
      case 'subject.set': {
        const { subject, assignment } = change
        subjects.set(subject, { subject, assignment, changedAt: at })
        inOrder = undefined
        return
      }
      case 'subject.deleted':
        subjects.delete(change.subject)
        inOrder = undefined
    }
  }

  const since = (upTo: number): RecordedChange[] =>
    recorded.filter(({ id, change }) => id > upTo && !isOfPlans(change)).slice(0, MANY_CHANGES)

  const checkUnused = (gone: readonly string[]): void => {
    for (const plan of gone) {
      const count = [...subjects.values()].filter(({ assignment }) => assignment.plan === plan).length
      if (count > 0) throw planIsTaken(plan, count)
    }
  }

  return {
    plans: () => ({
      revision: head.revision,
      default: head.default,
      plans: byName([...plans].sort(([a], [b]) => compareText(a, b))),
    }),
    subject: (subject) => subjects.get(subject),
    subjects({ after, limit, prefix = '', plan }) {
      inOrder ??= [...subjects.values()].sort((a, b) => compareText(a.subject, b.subject))
      const found: WrittenSubject[] = []
      for (const one of inOrder) {
        if (found.length === limit) break
        if (after !== undefined && compareText(one.subject, after) <= 0) continue
        if (!one.subject.startsWith(prefix)) continue
        if (plan === undefined || one.assignment.plan === plan) found.push(one)
      }
      return found
    },
    changes({ after, before = Number.POSITIVE_INFINITY, limit, subject }) {
      const found = recorded.filter(
        ({ id, change }) =>
          id > (after ?? 0) &&
          id < before &&
          (subject === undefined || ('subject' in change && change.subject === subject)),
      )
      return (after === undefined ? found.reverse() : found).slice(0, limit)
    },
    write(given, { actor, revision, upTo }) {
      const change = plain(given)
      if (isOfPlans(change) && upTo !== undefined) checkSince(since(upTo))
      const gone = checkChange(change, revision, { ...head, plans: new Set(plans.keys()) })
      checkUnused(gone)
      if (change.type === 'plan.deleted' && gone.length === 0) return
      if (change.type === 'subject.deleted' && !subjects.has(change.subject)) return
      const at = Date.now()
      apply(change, at)
      return record(change, actor, at)
    },
    replace(config, actor) {
      const at = Date.now()
      const before = subjects
      plans = new Map(config.plans)
      subjects = new Map()
      inOrder = undefined
      for (const [subject, assignment] of config.subjects) {
        const known = before.get(subject)
        const isSame = known !== undefined && JSON.stringify(known.assignment) === JSON.stringify(assignment)
        subjects.set(subject, isSame ? known : { subject, assignment, changedAt: at })
      }
      record({ type: 'plans.replaced', default: config.default, plans: byName(config.plans) }, actor, at)
    },
  }
}
