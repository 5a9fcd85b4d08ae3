import type { Rule } from './algorithms/rule.ts'
import type { Clock } from './clock.ts'
import type { Micros } from './micros.ts'

/** What a state belongs to: one limit of one limiter (`scope`), and one subject (`id`, any string at all). */
export interface Key {
  readonly scope: string
  readonly id: string
}

/** One question to a store: may `id` take `cost` under `rule`? No two checks of one call have the same key. */
export interface Check extends Key {
  readonly rule: Rule
  /** A safe integer ≥ 0; 0 looks without taking. */
  readonly cost: number
  /** Counts and takes like any other where it can, but never denies: it is being tried out. */
  readonly shadow?: boolean
}

/** A state as a store keeps it: its numbers, and the units in which they were written (`rule.units` of that time). */
export interface State {
  readonly units: string
  readonly cells: ArrayLike<number>
}

/** A store's answer to one check. */
export interface Result {
  /** What this check by itself says, whatever the others of the call said. */
  readonly allowed: boolean
  /** The state after the call, in the units of the check's rule; as of some time not after the outcome's `now`. */
  readonly cells: ArrayLike<number>
  /** The rule to read `cells` by, and whose units a refund names, where somebody else decided by another than the check's. */
  readonly rule?: Rule
}

/** A store's answer to one call, a result per check in their order. */
export interface Outcome {
  /** The store's reading of the clock. */
  readonly now: Micros
  readonly results: readonly Result[]
  /** Why the primary store didn't decide, when it didn't. */
  readonly degraded?: string
}

/** A change that no limit can refuse. */
export interface Adjustment extends Key {
  readonly rule: Rule
  /** Above 0: charged, even past the limit (a debt). Below 0: given back. A safe integer. */
  readonly units: number
  /**
   * What is given back: the cells that the charge left, which tell its window or its time. Units that have drained away
   * since, or whose window is over, are not given back again.
   */
  readonly charge?: State
}

/**
 * Where states live. One method decides; algorithms come and go without a store's interface growing.
 *
 * A call is atomic: every check that isn't a shadow takes, or none does. A denial charges nothing, and writes nothing but
 * what comes from elsewhere (`isFromElsewhere`). State and its expiry are written in one operation. `now` is for tests and
 * simulation; without it the store's own clock decides.
 */
export interface Store {
  /** A short name for messages, such as `"memory"`. */
  readonly name: string
  /** The clock by which it decides, where that can be read from here. */
  readonly clock?: Clock
  decide(checks: readonly Check[], now?: Micros): Promise<Outcome>
  adjust(adjustments: readonly Adjustment[], now?: Micros): Promise<Outcome>
  delete(keys: readonly Key[]): Promise<void>
  /** Lets go of what the store holds. Later calls reject with `STORE_CLOSED`. */
  close(): Promise<void>
}

/** A {@link Check} in its parts, since an object for each question is what such a decision would spend most on. */
export type DecideOne = (
  scope: string,
  id: string,
  rule: Rule,
  cost: number,
  figures: Float64Array,
  now?: Micros,
) => boolean

/** A store that can also answer at once, in process. */
export interface SyncStore extends Store {
  /**
   * Offered where answering at once is all that awaiting does: what `decideSync` says of a single check whose state is at
   * most three numbers, without a list or an object. Answers whether it is allowed, and writes four numbers into `figures`:
   * its reading of the clock, and the state's numbers after the call (what comes after them doesn't matter). A limiter of
   * one limit then asks in this way, and the awaited verbs never wait.
   */
  readonly decideOne?: DecideOne
  decideSync(checks: readonly Check[], now?: Micros): Outcome
  adjustSync(adjustments: readonly Adjustment[], now?: Micros): Outcome
  deleteSync(keys: readonly Key[]): void
}

/**
 * Whether a store can also answer at once.
 *
 * @example
 * ```ts
 * import { isSyncStore } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 *
 * isSyncStore(memoryStore()) // true
 * ```
 */
export function isSyncStore(store: Store): store is SyncStore {
  return 'decideSync' in store && 'adjustSync' in store && 'deleteSync' in store
}
