import type { Duration, Limit, Limits } from '@headgate/core'

/**
 * What a plan allows, as it is written: plain data, in code, in a file, in a database. What isn't said isn't limited, and
 * `null` takes away what another plan said.
 */
export interface PlanChanges {
  /** On average `limit` requests (or what else is counted) in each `per`: the limit `rate`, a token bucket. */
  readonly rate?: { readonly limit: number; readonly per: Duration } | null
  /** How many may come at once after a pause: the capacity of `rate`. As many as its `limit` unless told. */
  readonly burst?: number | null
  /** How many in a calendar day: the limit `daily`. */
  readonly daily?: number | null
  /** How many in a calendar month, or from one `anchorDay` to the next: the limit `monthly`. */
  readonly monthly?: number | null
  /** Where days and months begin: an IANA time zone, `"UTC"` unless told. */
  readonly timeZone?: string | null
  /** On which day a month begins, 1 to 31; in a month that has no such day, on its last. 1 unless told. */
  readonly anchorDay?: number | null
  /** Who goes first where not everybody can: higher before lower, from −1,000 to 1,000. 0 unless told. */
  readonly priority?: number | null
  /** Other limits, by their names. */
  readonly limits?: { readonly [name: string]: Limit | null }
}

/** {@link PlanChanges} of a plan that may begin as another one. */
export interface PlanOptions extends PlanChanges {
  /** The name of the plan it begins as. What is said beside this comes instead. */
  readonly extends?: string
}

/** A plan made ready: what a limiter and a queue take. `Own` are its limits, by their names. */
export interface Plan<Own extends Limits = Limits> {
  readonly name: string
  readonly priority: number
  /** Frozen, and the same object for as long as the plan is the same, so that it is compiled once. */
  readonly limits: Own
}
