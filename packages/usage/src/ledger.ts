import type { Micros } from '@headgate/core'

/** What is counted. All are sums, whole, and negative only where corrections outweigh the rest. */
export interface Counts<Whole = bigint> {
  /** Requests that were allowed. */
  readonly requests: Whole
  /** Requests that were denied. */
  readonly denied: Whole
  /** Units of the requests that were allowed. */
  readonly units: Whole
  /** Units of the requests that were denied. */
  readonly deniedUnits: Whole
}

/** What tells counts apart, beside the time. */
export type UsageField = 'subject' | 'meter' | 'plan'

/** What was used in one quarter hour of UTC by one subject, on one meter, under one plan. */
export interface LedgerRow extends Counts {
  /** When the quarter hour starts. */
  readonly slot: Micros
  readonly subject: string
  readonly meter: string
  /** `""` for none. */
  readonly plan: string
}

/** Rows that are added together. No two of them have the same slot, subject, meter and plan. */
export interface Batch {
  /** Random, at most 64 letters, digits and "-". */
  readonly id: string
  readonly rows: readonly LedgerRow[]
}

/** Which sums are asked for. */
export interface LedgerQuery {
  /** Where periods begin and end, in ascending order: period `i` is from `bounds[i]` to just before `bounds[i + 1]`. */
  readonly bounds: readonly Micros[]
  /** Only rows that have these. */
  readonly where: { readonly [Field in UsageField]?: string }
  /** By which fields they are summed, beside the period. */
  readonly groupBy: readonly UsageField[]
}

/** The sum of all rows of one period that have the same fields of `groupBy`, which it has as well. */
export interface LedgerSum extends Counts, Readonly<Partial<Record<UsageField, string>>> {
  /** Which period, from 0. */
  readonly period: number
}

/**
 * Where counts are kept. Any number of processes may write to what is behind it. A call that can't be carried out rejects, with
 * whatever error; none may stay without an answer for ever.
 */
export interface Ledger {
  /** What it is called in errors, such as `"postgres"`. */
  readonly name: string
  /**
   * Adds all rows to what is there, or none. A batch whose id was written before adds nothing and succeeds: it is sent
   * again when the answer was lost. Ids are to be remembered for some days.
   */
  write(batch: Batch): Promise<void>
  /** The sums that aren't empty, in the order of the periods and then of the fields, as `groupBy` has them, by code points. */
  read(query: LedgerQuery): AsyncIterable<LedgerSum>
  /** Forgets rows whose slot is before that time, and tells how many. */
  prune(before: Micros): Promise<number>
  /** Lets go of what it opened itself. */
  close(): Promise<void>
}
