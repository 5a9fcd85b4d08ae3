import type { Clock } from './clock.ts'
import type { Decision } from './decision.ts'
import type { Duration } from './duration.ts'
import type { Explanation } from './explain.ts'
import type { Micros } from './micros.ts'
import type { Cost, Limits, NameOf, Subject } from './plan.ts'
import type { Reservation, Settlement } from './reservation.ts'
import type { Store, SyncStore } from './store.ts'

/** How a limiter is made. `C` is what its limits are resolved from, when they are a function. */
export interface LimiterOptions<L extends Limits, C, S extends Store> {
  readonly store: S
  /** Named limits, all of which must allow; or a function that picks them for each call, say by the caller's plan. */
  readonly limits: L | ((context: C) => L | Promise<L>)
  /** Keeps the keys of limiters that share a store apart. `"default"` unless told. */
  readonly name?: string
  /** Limits that are only tried out: they count, but never deny. `true` for all. */
  readonly shadow?: boolean | readonly NameOf<L>[]
  /** For waiting and for calendars; the store's clock unless told. */
  readonly clock?: Clock
}

/** What every verb can be told. */
export interface NowOption {
  /** The time, in whole microseconds since the Unix epoch: for tests and simulation. */
  readonly now?: Micros
}

/** What a verb can be told beside the key. */
export interface VerbOptions<P extends Limits, C> extends NowOption {
  /** Limits for this call instead of the limiter's own. */
  readonly limits?: P
  /** What the limiter's function of limits is called with. */
  readonly context?: C
}

/** {@link VerbOptions}, and how much is asked for. */
export interface CostOptions<P extends Limits, C> extends VerbOptions<P, C> {
  /** A whole number for all limits, or one for each; 1 unless told. 0 looks without taking. */
  readonly cost?: Cost<NoInfer<NameOf<P>>>
}

/** {@link CostOptions} of `reserve`. */
export interface ReserveOptions<P extends Limits, C> extends CostOptions<P, C> {
  /** For how long it can be settled. A minute unless told. */
  readonly ttl?: Duration
}

/** {@link CostOptions} of `wait`. */
export interface WaitOptions<P extends Limits, C> extends CostOptions<P, C> {
  readonly signal?: AbortSignal
}

/** A verb's last argument: optional, but for a limiter whose limits are picked from a context, which must then be given. */
export type Arguments<Options, C> = unknown extends C
  ? [options?: Options]
  : [options: Options & { readonly context: C }]

/** The verbs. Every one that asks the store rejects with what the store rejects with; a denial is a value. */
export interface Limiter<L extends Limits, C = unknown> {
  readonly name: string
  /** Takes `cost` from every limit, or from none. */
  consume<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...options: Arguments<CostOptions<P, C>, C>
  ): Promise<Decision<NameOf<P>>>
  /** What `consume` would say, without taking. */
  peek<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...options: Arguments<CostOptions<P, C>, C>
  ): Promise<Decision<NameOf<P>>>
  /** Gives back what a decision took, or `units` of it; no more than was taken, however often it is called. */
  refund(decision: Decision, units?: number, options?: NowOption): Promise<void>
  /**
   * Gives back the places that a decision took of `concurrency` limits, when its work is over; what it took of others stays
   * taken. Calls after the first do nothing. Of a reservation, `commit` and `cancel` do it.
   */
  release(decision: Decision, options?: NowOption): Promise<void>
  /** Takes `cost` now, to be settled when it is known what the work cost. */
  reserve<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...options: Arguments<ReserveOptions<P, C>, C>
  ): Promise<Reservation<NameOf<P>>>
  /** Settles a reservation by its id, in any process: see {@link Reservation}. */
  commit<const P extends Limits = L>(
    id: string,
    actual?: Cost<NoInfer<NameOf<P>>>,
    ...options: Arguments<VerbOptions<P, C>, C>
  ): Promise<Settlement>
  /** Gives a reservation back by its id: see {@link Reservation}. */
  cancel<const P extends Limits = L>(
    id: string,
    ...options: Arguments<VerbOptions<P, C>, C>
  ): Promise<Settlement>
  /**
   * Resolves when it is allowed and, under a leaky bucket, may run; those who wait in this process for the same key are
   * served in their order. Resolves with the denial when the cost never fits. Rejects with the signal's reason. What a
   * `concurrency` limit denies is asked for again after 25 ms, then 50, and so on up to a second.
   */
  wait<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...options: Arguments<WaitOptions<P, C>, C>
  ): Promise<Decision<NameOf<P>>>
  /** Forgets what a key has used. */
  reset<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...options: Arguments<VerbOptions<P, C>, C>
  ): Promise<void>
  /** What would be decided now and why, in figures and in words. */
  explain<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...options: Arguments<CostOptions<P, C>, C>
  ): Promise<Explanation<NameOf<P>>>
}

/** A limiter whose store can answer at once. Its limits must not be resolved by an asynchronous function. */
export interface SyncLimiter<L extends Limits, C = unknown> extends Limiter<L, C> {
  consumeSync<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...options: Arguments<CostOptions<P, C>, C>
  ): Decision<NameOf<P>>
  peekSync<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...options: Arguments<CostOptions<P, C>, C>
  ): Decision<NameOf<P>>
  refundSync(decision: Decision, units?: number, options?: NowOption): void
  releaseSync(decision: Decision, options?: NowOption): void
  resetSync<const P extends Limits = L>(
    key: Subject<NoInfer<NameOf<P>>>,
    ...[options]: Arguments<VerbOptions<P, C>, C>
  ): void
}

/** The limiter that a store makes possible. */
export type LimiterOf<L extends Limits, C, S extends Store> = S extends SyncStore
  ? SyncLimiter<L, C>
  : Limiter<L, C>
