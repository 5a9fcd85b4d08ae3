import { type Adjustment, type Check, HeadgateError, type Outcome, type StoreEvent } from '@headgate/core'
import { BREAKER_STATES, type Catalogue } from './catalogue.ts'

type Count = (event: StoreEvent) => void

/** Times calls, and counts those that failed. */
export function countCalls({ duration, errors }: Catalogue): Count {
  return (event) => {
    const { store } = event
    switch (event.type) {
      case 'decision':
        duration.observe(event.ms / 1_000, [store, 'decide'])
        break
      case 'adjustment':
        duration.observe(event.ms / 1_000, [store, 'adjust'])
        break
      case 'deletion':
        duration.observe(event.ms / 1_000, [store, 'delete'])
        break
      case 'error':
        duration.observe(event.ms / 1_000, [store, event.verb])
        errors.add(1, [store, codeOf(event.error), event.verb])
        break
    }
  }
}

/** Counts everything. */
export function countEvents(metrics: Catalogue): Count {
  const { degraded, breaker, cacheHits, leases } = metrics
  const countCall = countCalls(metrics)
  return (event) => {
    countCall(event)
    const { store } = event
    switch (event.type) {
      case 'decision':
        countChecks(metrics, event.checks, event.outcome)
        break
      case 'adjustment':
        countAdjustments(metrics, event.adjustments, event.outcome)
        break
      case 'degraded':
        degraded.add(1, [store, reasonOf(event.reason)])
        break
      case 'breaker':
        for (const state of BREAKER_STATES) breaker.set(state === event.to ? 1 : 0, [store, state])
        break
      case 'denial-hit':
        cacheHits.add(1, [store])
        break
      case 'lease-hit':
        leases.add(event.units, [store, 'hit'])
        break
      case 'lease-take':
        leases.add(event.units, [store, 'take'])
        break
      case 'lease-return':
        leases.add(event.units, [store, 'return'])
        break
      case 'lease-lost':
        leases.add(event.units, [store, 'lost'])
        break
    }
  }
}

/**
 * A cost of 0 is neither a check nor units: it asks nothing of the limit, always fits, and dashboards that look often would
 * hide the denials.
 */
function countChecks(
  { checks, units }: Catalogue,
  asked: readonly Check[],
  { results, degraded }: Outcome,
): void {
  let isDenied = false
  for (let i = 0; i < asked.length; i++)
    if (results[i]?.allowed === false && asked[i]?.shadow !== true) isDenied = true
  // What a stand-in let in, the store wasn't charged.
  const isCharged = !isDenied && degraded === undefined
  for (let i = 0; i < asked.length; i++) {
    const { scope, cost, shadow } = asked[i] as Check
    if (cost === 0 || isSettlement(scope)) continue
    const isAllowed = results[i]?.allowed === true
    checks.add(1, [scope, isAllowed ? 'allowed' : shadow === true ? 'shadow_denied' : 'denied'])
    if (isCharged && isAllowed) units.add(cost, [scope])
  }
}

function countAdjustments(
  { refunded, forced }: Catalogue,
  adjustments: readonly Adjustment[],
  { results }: Outcome,
): void {
  for (const [i, { scope, units }] of adjustments.entries()) {
    // What a stand-in charged isn't among the units, and so isn't given back.
    if (results[i]?.rule !== undefined) continue
    if (units < 0) refunded.add(-units, [scope])
    else if (units > 0) forced.add(units, [scope])
  }
}

/** A reservation is settled once, which a store remembers as if it were a limit. No limit's name begins with "~". */
function isSettlement(scope: string): boolean {
  return scope.includes('/~')
}

function codeOf(error: unknown): string {
  return error instanceof HeadgateError ? error.code : 'other'
}

/** `resilient` may name any error of any client; here reasons are a few. */
function reasonOf(reason: string): string {
  if (reason === 'timeout' || reason === 'breaker-open') return reason
  if (reason === 'failed: STORE_OVERLOADED') return 'overloaded'
  return reason === 'failed: STORE_CONTENDED' ? 'contended' : 'failed'
}
