import type { Adjustment, Check, Key, Outcome } from '../store.ts'
import type { BreakerState } from './breaker.ts'

/** What happened at a store; `store` is its name. Milliseconds are fractional, by a monotonic clock. */
export type StoreEvent =
  /** From `observed`: a decision was made, a change was carried out, keys were forgotten, or one of these failed. */
  | {
      readonly type: 'decision'
      readonly store: string
      readonly ms: number
      readonly checks: readonly Check[]
      readonly outcome: Outcome
    }
  | {
      readonly type: 'adjustment'
      readonly store: string
      readonly ms: number
      readonly adjustments: readonly Adjustment[]
      readonly outcome: Outcome
    }
  | { readonly type: 'deletion'; readonly store: string; readonly ms: number; readonly keys: readonly Key[] }
  | {
      readonly type: 'error'
      readonly store: string
      readonly ms: number
      readonly verb: 'decide' | 'adjust' | 'delete'
      readonly error: unknown
    }
  /** From `resilient`: the primary did not decide, and why; `error` is its own. */
  | { readonly type: 'degraded'; readonly store: string; readonly reason: string; readonly error: unknown }
  /** From `resilient`: the circuit breaker changed. */
  | {
      readonly type: 'breaker'
      readonly store: string
      readonly from: BreakerState
      readonly to: BreakerState
    }
  /** From `denialCache`: denied without asking. */
  | { readonly type: 'denial-hit'; readonly store: string; readonly checks: readonly Check[] }
  | LeaseEvent

/** From `leased`: units were handed out without asking, taken in advance, given back, or could not be given back. */
export interface LeaseEvent {
  readonly type: 'lease-hit' | 'lease-take' | 'lease-return' | 'lease-lost'
  readonly store: string
  readonly key: Key
  readonly units: number
}

/** Where events go: a function that is called for each. What it throws, now or later, is dropped: a decision never fails by it. */
export type EventSink = (event: StoreEvent) => unknown

/** The option of every wrapper that has something to tell. */
export interface EventOptions {
  /** Called with each event, often while a caller waits: be quick. {@link observed} says what to do with events. */
  readonly onEvent?: EventSink
}

/**
 * A listener made harmless, for whoever tells of what happens: what it throws, now or later, is dropped.
 *
 * @returns undefined where there is none, so that no event need be made
 * @example
 * ```ts
 * import { quiet } from '@headgate/core'
 *
 * const emit = quiet((event: string) => console.log(event))
 * emit?.('started')
 * ```
 */
export function quiet<Event>(
  listener: ((event: Event) => unknown) | undefined,
): ((event: Event) => void) | undefined {
  if (listener === undefined) return undefined
  return (event) => {
    try {
      const later = listener(event)
      if (later instanceof Promise) later.catch(() => undefined)
    } catch {
      // Whoever watches must not be felt.
    }
  }
}
