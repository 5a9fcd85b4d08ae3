import type { Decision, StoreEvent } from '@headgate/core'
import { createCatalogue } from './catalogue.ts'
import { enlist } from './enlist.ts'
import { type AnyRegistry, type MetricsOptions, readOptions } from './options.ts'
import { countCalls, countEvents } from './store-events.ts'

/** What a decision doesn't say of itself. */
export interface DecisionLabels {
  /** The limiter's name. */
  readonly limiter?: string
  /** The name of the plan that the subject is on. Never the subject's own. */
  readonly plan?: string
}

/** Metrics of one registry. Its functions need no `this`; those that count never throw for an event or a decision of Headgate's. */
export interface Metrics {
  /** Where the metrics are: `await register.metrics()` is the text, `register.contentType` its type. */
  readonly register: AnyRegistry
  /** For core's `observed`, and as `onEvent` of the stores inside. */
  readonly onEvent: (event: StoreEvent) => void
  /** For an `observed` inside another one: how long calls took and which failed, but not again what was decided. */
  readonly onCall: (event: StoreEvent) => void
  /** For guards of HTTP: {@link Metrics.decided} without labels. */
  readonly onDecision: (decision: Decision) => void
  /** Counts a decision, under the names of its limiter and plan where they are told. */
  readonly decided: (decision: Decision, labels?: DecisionLabels) => void
  /** Takes the metrics out of the registry. What happens later isn't seen any more. */
  readonly close: () => void
}

/**
 * Metrics for Prometheus, by prom-client. Nothing is counted until `onEvent`, `onDecision` or `decided` is called.
 *
 * No key or id is ever a label. Other labels are names from your code; should they come from outside, a metric has at most
 * `maxSeries` series, and what comes later is counted under "other".
 *
 * @throws HeadgateError `INVALID_OPTION`, also where the registry has metrics of these names already
 * @example
 * ```ts
 * import { createLimiter, observed, tokenBucket } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 * import { createMetrics } from '@headgate/prometheus'
 *
 * const metrics = createMetrics()
 * const store = observed(memoryStore(), metrics.onEvent)
 * const limiter = createLimiter({ store, limits: { rate: tokenBucket({ capacity: 10, refill: 1, per: '1s' }) } })
 * metrics.decided(await limiter.consume('user-1'), { plan: 'free' })
 * console.log(await metrics.register.metrics())
 * ```
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const all = readOptions(options)
  const catalogue = createCatalogue(all)
  const close = enlist(catalogue, all)
  const { decisions } = catalogue

  const decided = (decision: Decision, labels?: DecisionLabels): void => {
    const { allowed, degraded } = decision
    // Which of several limits has the least left takes a while to work out, and few ask it of what was allowed.
    const binding = allowed ? '' : decision.binding
    decisions.add(1, [
      labels?.limiter ?? '',
      labels?.plan ?? '',
      binding,
      allowed ? 'allowed' : 'denied',
      degraded === null ? 'false' : 'true',
    ])
  }
  return {
    register: all.register,
    onEvent: countEvents(catalogue),
    onCall: countCalls(catalogue),
    // A guard also passes the request, which has no labels.
    onDecision: (decision) => decided(decision),
    decided,
    close,
  }
}
