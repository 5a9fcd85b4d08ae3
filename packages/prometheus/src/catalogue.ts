import { type Labels, type NumberFamily, numbers, type SpreadFamily, spreads } from './families.ts'
import type { MetricsOptions } from './options.ts'
import { OTHER } from './series.ts'

/** Every metric there is; the values of each are given in the order that is said here. */
export interface Catalogue {
  /** By store and verb. */
  readonly duration: SpreadFamily
  /** By store, code and verb. */
  readonly errors: NumberFamily
  /** By scope and outcome. */
  readonly checks: NumberFamily
  /** By scope, as the two that follow. */
  readonly units: NumberFamily
  readonly refunded: NumberFamily
  readonly forced: NumberFamily
  /** By store and reason. */
  readonly degraded: NumberFamily
  /** By store and state. */
  readonly breaker: NumberFamily
  /** By store. */
  readonly cacheHits: NumberFamily
  /** By store and event. */
  readonly leases: NumberFamily
  /** By limiter, plan, binding limit, outcome, and whether it was degraded. */
  readonly decisions: NumberFamily
  /** By the metric's name. */
  readonly dropped: NumberFamily
}

const OUTCOMES = ['allowed', 'denied', 'shadow_denied']
const REASONS = ['timeout', 'breaker-open', 'overloaded', 'contended', 'failed']
export const BREAKER_STATES: readonly string[] = ['closed', 'half-open', 'open']
const LEASE_EVENTS = ['hit', 'take', 'return', 'lost']

/** A check's scope, which two labels are made of. */
const SCOPE = 'scope'

export function createCatalogue({ prefix, buckets, maxSeries }: Required<MetricsOptions>): Catalogue {
  /** The first `open` labels may come from outside; `together` are all values of the last. */
  const optionsOf = (
    name: string,
    help: string,
    labels: readonly string[],
    open: number,
    together?: readonly string[],
  ) => ({
    name: prefix + name,
    help,
    open,
    maxSeries,
    ...(together && { together }),
    labelsOf: (values: readonly string[]): Labels => labelled(labels, values),
    onDrop: (): void => dropped.add(1, [prefix + name]),
  })
  const counter = (...options: Parameters<typeof optionsOf>): NumberFamily =>
    numbers('counter', optionsOf(...options))

  const dropped = counter('series_dropped_total', 'What was counted as "other" in a metric.', ['metric'], 0)
  const duration = 'How long calls of a store took, those that failed too.'
  const breaker = '1 for the state that a circuit breaker is in, 0 for the others.'
  const decided = ['limiter', 'plan', 'binding', 'outcome', 'degraded']
  return {
    duration: spreads(buckets, optionsOf('store_duration_seconds', duration, ['store', 'verb'], 1)),
    errors: counter('store_errors_total', 'Calls of a store that failed.', ['store', 'code', 'verb'], 2),
    checks: counter('checks_total', 'What each limit by itself said.', [SCOPE, 'outcome'], 1, OUTCOMES),
    units: counter('units_total', 'Units that were charged.', [SCOPE], 1),
    refunded: counter('refunded_units_total', 'Units that were given back.', [SCOPE], 1),
    forced: counter('forced_units_total', 'Units that were charged whatever the limit.', [SCOPE], 1),
    degraded: counter(
      'degraded_total',
      'Calls that the primary store did not decide.',
      ['store', 'reason'],
      1,
      REASONS,
    ),
    breaker: numbers('gauge', optionsOf('breaker_state', breaker, ['store', 'state'], 1, BREAKER_STATES)),
    cacheHits: counter('denial_cache_hits_total', 'Calls denied without asking the store.', ['store'], 1),
    leases: counter(
      'lease_units_total',
      'What became of units taken in advance.',
      ['store', 'event'],
      1,
      LEASE_EVENTS,
    ),
    decisions: counter('decisions_total', 'Decisions of limiters.', decided, 3),
    dropped,
  }
}

function labelled(labels: readonly string[], values: readonly string[]): Labels {
  return Object.fromEntries(
    labels.flatMap((label, i) => {
      const value = values[i] ?? ''
      return label === SCOPE ? limitOf(value) : [[label, value]]
    }),
  )
}

/** A scope is a limiter's name and a limit's. */
function limitOf(scope: string): [string, string][] {
  const slash = scope.indexOf('/')
  const limiter = scope === OTHER ? OTHER : scope.slice(0, Math.max(0, slash))
  return [
    ['limiter', limiter],
    ['limit', scope.slice(slash + 1)],
  ]
}
