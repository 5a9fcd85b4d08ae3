import type { Limit } from '@headgate/core'
import type { PlanChanges, PlanOptions } from '@headgate/plans'

// What the service's API says, as far as it is shown here.

export type { Limit } from '@headgate/core'
export type { PlanChanges, PlanOptions } from '@headgate/plans'
export type { UsageField, UsagePeriod, UsageRow } from '@headgate/usage'

export interface Assignment extends PlanChanges {
  readonly plan: string
  readonly until?: string
}

export interface Who {
  readonly name: string
  readonly scope: 'decide' | 'read' | 'manage'
  readonly readOnly: boolean
}

export interface Plans {
  readonly revision: number
  readonly default: string
  readonly readOnly: boolean
  readonly plans: { readonly [name: string]: PlanOptions }
  readonly compiled: {
    readonly [name: string]: {
      readonly priority: number
      readonly limits: { readonly [name: string]: Limit }
    }
  }
}

interface ListedSubject {
  readonly subject: string
  readonly assignment: Assignment
  readonly changedAt: number
}

export interface SubjectPage {
  readonly subjects: readonly ListedSubject[]
  readonly next: string | null
}

export interface LimitStanding {
  readonly limit: Limit
  readonly allowed: boolean
  readonly remaining: number
  readonly resetAfterMs: number
  readonly retryAfterMs: number | null
  /** Whether it is only being tried out, and denies nobody. */
  readonly shadow: boolean
}

export interface SubjectDetail {
  readonly subject: string
  readonly plan: string
  readonly priority: number
  readonly assignment: Assignment | null
  readonly changedAt: number | null
  readonly limits: { readonly [name: string]: LimitStanding }
  readonly degraded: string | null
}

export interface LiveSecond {
  readonly at: number
  readonly allowed: number
  readonly denied: number
  readonly degraded: number
}

export interface Live {
  readonly now: number
  readonly startedAt: number
  readonly instance: string
  readonly store: { readonly name: string; readonly state: 'closed' | 'open' | 'half-open' }
  readonly seconds: readonly LiveSecond[]
  readonly plans: readonly { readonly plan: string; readonly allowed: number; readonly denied: number }[]
  readonly denied: readonly {
    readonly subject: string
    readonly plan: string
    readonly allowed: number
    readonly denied: number
  }[]
}

export type Change =
  | {
      readonly type: 'plans.replaced'
      readonly default: string
      readonly plans: { readonly [name: string]: PlanOptions }
    }
  | { readonly type: 'plan.set'; readonly plan: string; readonly options: PlanOptions }
  | { readonly type: 'plan.deleted'; readonly plan: string }
  | { readonly type: 'default.set'; readonly plan: string }
  | { readonly type: 'subject.set'; readonly subject: string; readonly assignment: Assignment }
  | { readonly type: 'subject.deleted'; readonly subject: string }
  | { readonly type: 'subject.reset'; readonly subject: string }

export interface RecordedChange {
  readonly id: number
  readonly at: number
  readonly actor: string
  readonly change: Change
}

export interface ChangePage {
  readonly changes: readonly RecordedChange[]
  readonly next: number | null
}
