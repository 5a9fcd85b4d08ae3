import type { Limits, Micros } from '@headgate/core'
import type { FormatName } from './formats/index.ts'
import type { DeniedKey } from './tally.ts'
import type { TimeUnit } from './time.ts'
import type { Timeline } from './timeline.ts'

/** Named limits to try on a log: all of them must allow. */
export interface Policy {
  readonly name: string
  readonly limits: Limits
}

/** Named limits to try on a log, which depend on the key, and may change in the course of the log. */
export interface AssignedPolicy {
  readonly name: string
  /**
   * On which plan a key is at a time: the plan's name and its limits, at once. It is asked for each event, in the order of the
   * log. The same limits should be the same object, so that they are made ready once; limits of one name are one count.
   */
  readonly planOf: (key: string, at: Micros) => Policy
  /** The names of plans in the order in which to tell of them, also of those that nobody turns out to be on. */
  readonly plans?: readonly string[]
}

/** A record that could not be taken for an event. */
export interface MalformedExample {
  readonly source: string
  /** The line on which it starts, from 1. */
  readonly line: number
  /** What is wrong. It may quote the log, so it isn't safe to print as it is. */
  readonly reason: string
}

/** What would have become of requests. */
export interface Verdicts {
  readonly allowed: number
  readonly denied: number
  /** Denials by the name of the limit that bound: of several that deny, the one with the longest wait. */
  readonly deniedBy: { readonly [limit: string]: number }
  /** Denials of requests that ask for more than a limit ever holds. */
  readonly neverFits: number
  /** What the allowed requests cost, and the denied ones. */
  readonly cost: { readonly allowed: number; readonly denied: number }
  /** Allowed requests that would have waited (leaky bucket), and the longest wait. */
  readonly delayed: { readonly requests: number; readonly longestMs: number }
  /** Keys that were denied at least once. */
  readonly deniedKeys: number
  readonly topDenied: readonly DeniedKey[]
  /** By how much the denials of a key may be counted too low, when there were more keys than are counted one by one. */
  readonly slack: number
}

/** What a policy would have done. */
export interface PolicyResult extends Verdicts {
  readonly name: string
  /** Undefined where they depend on the key. */
  readonly limits: Limits | undefined
  /** What became of the requests of each plan, where there are plans: those of the policy's `plans`, then others as they came up. */
  readonly plans: readonly PlanResult[]
}

/** What would have become of the requests of those who were on one plan. */
export interface PlanResult extends Verdicts {
  readonly name: string
  readonly requests: number
  /** Distinct keys that were on it at one time or another; an estimate, right to about 1 %, if `keysEstimated`. */
  readonly keys: number
  readonly keysEstimated: boolean
}

/** What a replay found. */
export interface ReplayResult {
  readonly sources: readonly string[]
  readonly format: FormatName
  /** The fields that were used; no key fields means that all share one key. */
  readonly fields: {
    readonly key: readonly string[]
    readonly time: string | undefined
    readonly cost: readonly string[]
  }
  /** How bare numbers were taken for times, if they were. */
  readonly numbers: TimeUnit | undefined
  /** Whether times count from the start of the log rather than from 1970. */
  readonly relative: boolean
  /** Events that were decided on. */
  readonly requests: number
  /** Distinct keys; an estimate, right to about 1 %, if `keysEstimated`. */
  readonly keys: number
  readonly keysEstimated: boolean
  readonly malformed: number
  readonly malformedExamples: readonly MalformedExample[]
  /** The earliest and the latest time of an event; undefined without events. */
  readonly firstEvent: Micros | undefined
  readonly lastEvent: Micros | undefined
  /** Events before the latest time seen, which were decided at that time; and the furthest that one was behind, in µs. */
  readonly late: { readonly events: number; readonly most: Micros }
  /** Charges for which the memory store had no entry of its own left. */
  readonly overflowed: number
  readonly policies: readonly PolicyResult[]
  readonly timeline: Timeline
  /** Whether it was stopped before the end. */
  readonly interrupted: boolean
}
