import type { Dialect, Query, Rows } from './dialect.ts'
import { planIsTaken } from './errors.ts'
import { readChanges, sinceQuery, subjectQuery } from './read.ts'
import type { Change, WriteOptions } from './registry.ts'
import { checkChange, checkSince, defaultAfter, isOfPlans } from './rules.ts'
import { changeQueries, headQuery, readHead, recordQuery, setHeadQuery, takenQuery } from './write.ts'

/**
 * Checks a change, carries it out and records it: asks for statements one by one, and goes on by their rows. Whoever runs it
 * keeps all others from writing meanwhile, from before the first to after the commit: so a change is checked by what is
 * committed, and ids are committed in their order.
 *
 * @returns the change's id; undefined where there was nothing to do
 * @throws HeadgateError: then what was begun is to be rolled back
 */
export function* carryOut(
  dialect: Dialect,
  change: Change,
  { actor, revision, upTo }: WriteOptions,
): Generator<Query, number | undefined, Rows> {
  const { now, ...head } = readHead(yield headQuery(dialect))
  if (isOfPlans(change) && upTo !== undefined && upTo < head.lastId)
    checkSince(readChanges(yield sinceQuery(dialect, upTo)))
  const gone = checkChange(change, revision, head)
  if (gone.length > 0) {
    const [taken] = (yield takenQuery(dialect, gone)) as readonly { plan: string; subjects: unknown }[]
    if (taken !== undefined) throw planIsTaken(taken.plan, Number(taken.subjects))
  } else if (change.type === 'plan.deleted') return
  if (change.type === 'subject.deleted') {
    const found = yield subjectQuery(dialect, change.subject)
    if (found.length === 0) return
  }
  for (const query of changeQueries(dialect, change, gone, now)) yield query
  const id = head.lastId + 1
  yield recordQuery(dialect, { id, at: now, actor, change })
  const after = isOfPlans(change) ? id : head.revision
  yield setHeadQuery(dialect, { lastId: id, revision: after, default: defaultAfter(change, head.default) })
  return id
}
