import type { Assignment, PlanOptions } from '@headgate/plans'

/** Plans as they are written, before anything is made of them. */
export interface WrittenPlans {
  /** Which state of the plans this is: the id of the last change of a plan or of the default; 0 for none yet. */
  readonly revision: number
  /** The plan of whoever is assigned to none; `""` for as long as none was said. */
  readonly default: string
  /** In the order of their names, and without a prototype. */
  readonly plans: { readonly [name: string]: PlanOptions }
}

/** Who is on a plan, as it is written. */
export interface WrittenSubject {
  readonly subject: string
  readonly assignment: Assignment
  /** Milliseconds since the Unix epoch. */
  readonly changedAt: number
}

/** What can be done to a registry. */
export type Change =
  /**
   * All plans and the default at once. Plans that aren't in it are deleted. Where plans are read from a file, who is on which may
   * have changed with them.
   */
  | {
      readonly type: 'plans.replaced'
      readonly default: string
      readonly plans: { readonly [name: string]: PlanOptions }
    }
  | { readonly type: 'plan.set'; readonly plan: string; readonly options: PlanOptions }
  /** Somebody is on a plan for as long as it says so, also where `until` is over. */
  | { readonly type: 'plan.deleted'; readonly plan: string }
  | { readonly type: 'default.set'; readonly plan: string }
  | { readonly type: 'subject.set'; readonly subject: string; readonly assignment: Assignment }
  | { readonly type: 'subject.deleted'; readonly subject: string }
  /** What the subject has used was forgotten. The registry only records it. */
  | { readonly type: 'subject.reset'; readonly subject: string }

/** A change that was carried out. */
export interface RecordedChange {
  /** Grows by each change, by 1 or more; whoever has read up to an id will see no smaller one appear. */
  readonly id: number
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** Who did it: the name of a token. */
  readonly actor: string
  readonly change: Change
}

/** Which subjects are asked for. */
export interface SubjectsQuery {
  /** Only those that come after this one. */
  readonly after?: string
  /** How many at most, 1 to 1,000. */
  readonly limit: number
  /** Only those that begin so. */
  readonly prefix?: string
  /** Only those on this plan. */
  readonly plan?: string
}

/** Which changes are asked for. */
export interface ChangesQuery {
  /** With it, only those with a greater id, and the oldest first. */
  readonly after?: number
  /** Only those with a smaller id. Without `after`, the newest come first. */
  readonly before?: number
  /** How many at most, 1 to 1,000. */
  readonly limit: number
  /** Only those of this subject. */
  readonly subject?: string
}

/** What a change goes by, and who makes it. */
export interface WriteOptions {
  readonly actor: string
  /**
   * The {@link WrittenPlans.revision} of the plans by which the change was checked; of no meaning for `subject.deleted` and
   * `subject.reset`, which go by none.
   */
  readonly revision: number
  /**
   * With a change of plans, the id of the last change when it was checked whether customers' exceptions still make sense: one that
   * was made after it is a conflict. Not looked for unless told.
   */
  readonly upTo?: number
}

/**
 * Where the plans are kept, and who is on which. Any number of processes may share what is behind it. It checks nothing that a
 * service has checked already. A call that can't be carried out rejects with `STORE_FAILED`; none may stay unanswered for ever.
 */
export interface Registry {
  /** What it is called in errors, such as `"postgres"`. */
  readonly name: string
  /** Where changes are made elsewhere: `write` rejects with `READ_ONLY`, and says in its message where. */
  readonly readOnly: boolean
  /** The plans and the default. */
  plans(): Promise<WrittenPlans>
  /** What a subject is assigned to. Where others would have to be waited for, it rejects when `signal` says so. */
  subject(subject: string, signal?: AbortSignal): Promise<WrittenSubject | undefined>
  /** Subjects in the order of their code points. */
  subjects(query: SubjectsQuery): Promise<WrittenSubject[]>
  /**
   * Carries out a change and records it, in one transaction.
   *
   * @returns its id; undefined where there was nothing to do: a plan or subject to be deleted isn't there
   * @throws HeadgateError, as a rejection: `CHANGE_CONFLICT` where the plans have another revision by now, or somebody has another
   *   exception; `PLAN_IN_USE` where a plan would go that is the default or somebody's; `UNKNOWN_PLAN`, `READ_ONLY`. Then nothing
   *   was written. After `STORE_FAILED` it may have been, where only the answer was lost
   */
  write(change: Change, options: WriteOptions): Promise<number | undefined>
  /** What was changed. */
  changes(query: ChangesQuery): Promise<RecordedChange[]>
  /** Lets go of what it opened itself. */
  close(): Promise<void>
}
