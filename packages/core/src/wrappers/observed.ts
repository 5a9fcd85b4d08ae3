import { algorithmOf } from '../algorithms/index.ts'
import { invalidOption } from '../errors.ts'
import {
  type Adjustment,
  type Check,
  isSyncStore,
  type Key,
  type Outcome,
  type Store,
  type SyncStore,
} from '../store.ts'
import { type EventSink, quiet, type StoreEvent } from './events.ts'
import { checkStore } from './inner.ts'

/**
 * Tells a function of every call: what was asked, what was answered, and how long it took. Metrics and traces are made of
 * this. Give the same function to the wrappers inside as `onEvent`, and it also hears of cache hits, leases, fallbacks and
 * the circuit breaker.
 *
 * Answers are passed on as they are, at once where the store answers at once. `close()` closes the store.
 *
 * @param sink called after each call with a {@link StoreEvent}; what it throws is dropped
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { observed } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 *
 * const store = observed(memoryStore(), (event) => {
 *   if (event.type === 'decision') console.log(event.ms, event.outcome.degraded)
 * })
 * ```
 */
export function observed(store: SyncStore, sink: EventSink): SyncStore
export function observed(store: Store, sink: EventSink): Store
export function observed(store: Store, sink: EventSink): Store {
  checkStore(store)
  if (typeof sink !== 'function') throw invalidOption('sink', sink, 'a function', 'Pass (event) => { … }')
  const emit = quiet(sink) as (event: StoreEvent) => void
  const { name } = store
  type Verb = 'decide' | 'adjust' | 'delete'

  const failed = (verb: Verb, start: number, error: unknown): unknown => {
    emit({ type: 'error', store: name, ms: performance.now() - start, verb, error })
    return error
  }
  /** `done` makes the event of an answer. */
  const later = async <T>(
    verb: Verb,
    call: () => Promise<T>,
    done: (answer: T, ms: number) => StoreEvent,
  ): Promise<T> => {
    const start = performance.now()
    let answer: T
    try {
      answer = await call()
    } catch (error) {
      throw failed(verb, start, error)
    }
    emit(done(answer, performance.now() - start))
    return answer
  }
  const atOnce = <T>(verb: Verb, call: () => T, done: (answer: T, ms: number) => StoreEvent): T => {
    const start = performance.now()
    let answer: T
    try {
      answer = call()
    } catch (error) {
      throw failed(verb, start, error)
    }
    emit(done(answer, performance.now() - start))
    return answer
  }

  const decision =
    (checks: readonly Check[]) =>
    (outcome: Outcome, ms: number): StoreEvent => ({ type: 'decision', store: name, ms, checks, outcome })
  const adjustment =
    (adjustments: readonly Adjustment[]) =>
    (outcome: Outcome, ms: number): StoreEvent => ({
      type: 'adjustment',
      store: name,
      ms,
      adjustments,
      outcome,
    })
  const deletion =
    (keys: readonly Key[]) =>
    (_: unknown, ms: number): StoreEvent => ({ type: 'deletion', store: name, ms, keys })

  const outer: Store = {
    name: `observed(${name})`,
    ...(store.clock && { clock: store.clock }),
    decide: (checks, now) => later('decide', () => store.decide(checks, now), decision(checks)),
    adjust: (changes, now) => later('adjust', () => store.adjust(changes, now), adjustment(changes)),
    delete: (keys) => later('delete', () => store.delete(keys), deletion(keys)),
    close: () => store.close(),
  }
  if (!isSyncStore(store)) return outer

  const decideOne = store.decideOne?.bind(store)
  const sync: SyncStore = {
    ...outer,
    decideSync: (checks, now) => atOnce('decide', () => store.decideSync(checks, now), decision(checks)),
    adjustSync: (changes, now) => atOnce('adjust', () => store.adjustSync(changes, now), adjustment(changes)),
    deleteSync: (keys) => atOnce('delete', () => store.deleteSync(keys), deletion(keys)),
  }
  if (decideOne === undefined) return sync
  const single = (check: Check, figures: Float64Array) => {
    const done = decision([check])
    return (allowed: boolean, ms: number): StoreEvent => {
      const cells = Array.from(figures.subarray(1, 1 + algorithmOf(check.rule).width))
      return done({ now: figures[0] ?? 0, results: [{ allowed, cells }] }, ms)
    }
  }
  const quickest: SyncStore = {
    ...sync,
    decideOne(scope, id, rule, cost, figures, now) {
      // The asker uses its figures again and again, and the sink may ask it something: so they are written last.
      const own = new Float64Array(figures.length)
      const decide = () => decideOne(scope, id, rule, cost, own, now)
      const allowed = atOnce('decide', decide, single({ scope, id, rule, cost }, own))
      figures.set(own)
      return allowed
    },
  }
  return quickest
}
