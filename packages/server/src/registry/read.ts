import type { Dialect, Query, Row, Rows } from './dialect.ts'
import type { ChangesQuery, RecordedChange, SubjectsQuery, WrittenPlans, WrittenSubject } from './registry.ts'
import { byName, MANY_CHANGES } from './rules.ts'
import { behindPrefix } from './texts.ts'

/** One statement, and so of one moment. */
export function plansQuery({ table }: Dialect): Query {
  const text = `SELECT h.revision, h.default_plan, p.name, p.options
    FROM ${table('head')} h LEFT JOIN ${table('plans')} p ON true ORDER BY p.name`
  return { text, values: [] }
}

export function readPlans(rows: Rows): WrittenPlans {
  const found = rows as readonly Row<'revision' | 'default_plan' | 'name' | 'options'>[]
  const plans = found
    .filter(({ name }) => name !== null)
    .map(({ name, options }) => [String(name), JSON.parse(String(options))] as const)
  return {
    revision: Number(found[0]?.revision),
    default: String(found[0]?.default_plan),
    plans: byName(plans),
  }
}

/** The columns of a subject. */
export const SUBJECT = 'subject, plan, changes, changed_at'

export function subjectQuery({ table }: Dialect, subject: string): Query {
  return { text: `SELECT ${SUBJECT} FROM ${table('subjects')} WHERE subject = $1`, values: [subject] }
}

/** A prefix is a stretch of the index, as `after` is; LIKE would take some of its characters for others. */
export function subjectsQuery({ table }: Dialect, { after, limit, prefix = '', plan }: SubjectsQuery): Query {
  const { where, values } = conditions([
    ['subject > ', after],
    ['subject >= ', prefix === '' ? undefined : prefix],
    ['subject < ', behindPrefix(prefix)],
    ['plan = ', plan],
  ])
  const text = `SELECT ${SUBJECT} FROM ${table('subjects')} ${where} ORDER BY subject LIMIT $${values.push(limit)}`
  return { text, values }
}

export function readSubjects(rows: Rows): WrittenSubject[] {
  return (rows as readonly Row<'subject' | 'plan' | 'changes' | 'changed_at'>[]).map((row) => ({
    subject: String(row.subject),
    assignment: { plan: String(row.plan), ...JSON.parse(String(row.changes)) },
    changedAt: Number(row.changed_at),
  }))
}

/** The columns of a change. */
const CHANGE = 'id, at, actor, change'

export function changesQuery({ table }: Dialect, { after, before, limit, subject }: ChangesQuery): Query {
  const { where, values } = conditions([
    ['id > ', after],
    ['id < ', before],
    ['subject = ', subject],
  ])
  const order = after === undefined ? 'DESC' : 'ASC'
  const text = `SELECT ${CHANGE} FROM ${table('changes')} ${where} ORDER BY id ${order} LIMIT $${values.push(limit)}`
  return { text, values }
}

/** Those of subjects after a change. */
export function sinceQuery({ table }: Dialect, upTo: number): Query {
  const text = `SELECT ${CHANGE} FROM ${table('changes')} WHERE id > $1 AND subject IS NOT NULL LIMIT $2`
  return { text, values: [upTo, MANY_CHANGES] }
}

export function readChanges(rows: Rows): RecordedChange[] {
  return (rows as readonly Row<'id' | 'at' | 'actor' | 'change'>[]).map(({ id, at, actor, change }) => ({
    id: Number(id),
    at: Number(at),
    actor: String(actor),
    change: JSON.parse(String(change)),
  }))
}

function conditions(all: readonly (readonly [text: string, value: unknown])[]) {
  const said = all.filter(([, value]) => value !== undefined)
  const texts = said.map(([text], i) => `${text}$${i + 1}`)
  const where = texts.length === 0 ? '' : `WHERE ${texts.join(' AND ')}`
  return { where, values: said.map(([, value]) => value) }
}
