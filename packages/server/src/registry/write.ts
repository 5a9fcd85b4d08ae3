import type { PlanOptions } from '@headgate/plans'
import type { Dialect, Query, Row, Rows } from './dialect.ts'
import { SUBJECT } from './read.ts'
import type { Change, RecordedChange } from './registry.ts'
import type { Head } from './rules.ts'

type SubjectSet = Change & { readonly type: 'subject.set' }

/** What a change is checked by. */
export function headQuery({ table, now }: Dialect): Query {
  const text = `SELECT h.last_id, h.revision, h.default_plan, p.name, ${now} AS now
    FROM ${table('head')} h LEFT JOIN ${table('plans')} p ON true ORDER BY p.name`
  return { text, values: [] }
}

export function readHead(rows: Rows): Head & { readonly now: number } {
  const found = rows as readonly Row<'last_id' | 'revision' | 'default_plan' | 'name' | 'now'>[]
  const names = found.filter(({ name }) => name !== null).map(({ name }) => String(name))
  return {
    lastId: Number(found[0]?.last_id),
    revision: Number(found[0]?.revision),
    default: String(found[0]?.default_plan),
    plans: new Set(names),
    now: Number(found[0]?.now),
  }
}

/** The first of some plans that somebody is on, and how many are. */
export function takenQuery({ table }: Dialect, plans: readonly string[]): Query {
  const places = plans.map((_, i) => `$${i + 1}`).join(', ')
  const text = `SELECT plan, count(*) AS subjects FROM ${table('subjects')} WHERE plan IN (${places})
    GROUP BY plan ORDER BY plan LIMIT 1`
  return { text, values: [...plans] }
}

/** The statements that carry out a change, but not its record. */
export function changeQueries(
  dialect: Dialect,
  change: Change,
  gone: readonly string[],
  now: number,
): Query[] {
  switch (change.type) {
    case 'plans.replaced': {
      const written = Object.entries(change.plans).map(([name, options]) => setPlan(dialect, name, options))
      return [...written, ...gone.map((name) => deletePlan(dialect, name))]
    }
    case 'plan.set':
      return [setPlan(dialect, change.plan, change.options)]
    case 'plan.deleted':
      return [deletePlan(dialect, change.plan)]
    case 'subject.set':
      return [setSubject(dialect, change, now)]
    case 'subject.deleted':
      return [deleteSubject(dialect, change.subject)]
    case 'default.set':
    case 'subject.reset':
      return []
  }
}

function setPlan({ table }: Dialect, name: string, options: PlanOptions): Query {
  const text = `INSERT INTO ${table('plans')} (name, options) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET options = excluded.options`
  return { text, values: [name, JSON.stringify(options)] }
}

function deletePlan({ table }: Dialect, name: string): Query {
  return { text: `DELETE FROM ${table('plans')} WHERE name = $1`, values: [name] }
}

function setSubject({ table }: Dialect, { subject, assignment }: SubjectSet, now: number): Query {
  const { plan, ...changes } = assignment
  const text = `INSERT INTO ${table('subjects')} (${SUBJECT}) VALUES ($1, $2, $3, $4) ON CONFLICT (subject)
    DO UPDATE SET plan = excluded.plan, changes = excluded.changes, changed_at = excluded.changed_at`
  return { text, values: [subject, plan, JSON.stringify(changes), now] }
}

function deleteSubject({ table }: Dialect, subject: string): Query {
  return { text: `DELETE FROM ${table('subjects')} WHERE subject = $1`, values: [subject] }
}

export function recordQuery({ table }: Dialect, { id, at, actor, change }: RecordedChange): Query {
  const subject = 'subject' in change ? change.subject : null
  const text = `INSERT INTO ${table('changes')} (id, at, actor, subject, change) VALUES ($1, $2, $3, $4, $5)`
  return { text, values: [id, at, actor, subject, JSON.stringify(change)] }
}

export function setHeadQuery({ table }: Dialect, head: Omit<Head, 'plans'>): Query {
  const text = `UPDATE ${table('head')} SET last_id = $1, revision = $2, default_plan = $3`
  return { text, values: [head.lastId, head.revision, head.default] }
}
