import {
  type Adjustment,
  applyAdjustments,
  applyChecks,
  type Check,
  encodeKey,
  type Key,
  type Limit,
  type Micros,
  type Outcome,
  type State,
  type Store,
} from '@headgate/core'
import { costOf } from './arbitraries/costs.ts'
import type { Call } from './arbitraries/programs.ts'
import { ruleAt } from './rule-figures.ts'
import { type Reading, read } from './subject.ts'

/** A call of a program as a store gets it. */
export type Request =
  | { readonly verb: 'decide'; readonly on: readonly Check[] }
  | { readonly verb: 'adjust'; readonly on: readonly Adjustment[] }
  | { readonly verb: 'delete'; readonly on: readonly Key[] }

/** What was charged, to be given back later. */
export interface Charge {
  readonly key: Key
  /** The program's limit, by its number: it may be another by then. */
  readonly limit: number
  readonly cost: number
  readonly receipt: State
}

/**
 * The request of a call at `now`, under scopes that start with `scope`; undefined if there is nothing to ask for.
 *
 * @param charges what a refund may give back
 */
export function requestOf(
  call: Call,
  scope: string,
  charges: readonly Charge[],
  limits: readonly Limit[],
  now: Micros,
): Request | undefined {
  switch (call.kind) {
    case 'decide':
    case 'charge': {
      const skew = call.kind === 'decide' ? call.skew : 0
      const checks = call.asks.map(({ limit, cost, shadow }): Check => {
        const rule = ruleAt(limits[limit] as Limit, now + skew)
        return { ...keyOf(scope, limit, call.subject), rule, cost: costOf(cost, rule), shadow }
      })
      if (call.kind === 'decide') return { verb: 'decide', on: checks }
      const on = checks.map(({ scope, id, rule, cost }): Adjustment => ({ scope, id, rule, units: cost }))
      return { verb: 'adjust', on }
    }
    case 'refund': {
      const charge = charges[call.charge % Math.max(1, charges.length)]
      if (charge === undefined) return undefined
      const rule = ruleAt(limits[charge.limit] as Limit, now)
      const units = Math.min(Math.ceil((charge.cost / 100) * call.percent), Number.MAX_SAFE_INTEGER)
      const change: Adjustment = { ...charge.key, rule, units: -units }
      return { verb: 'adjust', on: [call.blind ? change : { ...change, charge: charge.receipt }] }
    }
    case 'delete':
      return { verb: 'delete', on: [keyOf(scope, call.limit, call.subject)] }
    case 'change':
      return undefined
  }
}

function keyOf(scope: string, limit: number, subject: number): Key {
  return { scope: `${scope}/${limit}`, id: `u${subject}` }
}

/** Asks a store. */
export async function send(
  store: Pick<Store, 'decide' | 'adjust' | 'delete'>,
  { verb, on }: Request,
  now: Micros,
): Promise<Outcome | undefined> {
  if (verb === 'decide') return store.decide(on, now)
  if (verb === 'adjust') return store.adjust(on, now)
  await store.delete(on)
  return undefined
}

/** The states of keys, as the pure functions leave them. */
export type States = ReadonlyMap<string, State>

/** What core's pure functions answer where the states are these, and what they leave. */
export function answerAt(
  states: States,
  { verb, on }: Request,
  now: Micros,
): { readonly states: States; readonly outcome?: Outcome } {
  const keys = on.map(encodeKey)
  const after = new Map(states)
  if (verb === 'delete') {
    for (const key of keys) after.delete(key)
    return { states: after }
  }
  const before = keys.map((key) => states.get(key))
  const { outcome, writes } =
    verb === 'decide' ? applyChecks(on, before, now) : applyAdjustments(on, before, now)
  for (const [i, key] of keys.entries()) {
    const write = writes[i]
    if (write) after.set(key, { units: write.units, cells: Array.from(write.cells) })
  }
  return { states: after, outcome }
}

/** What can be read from the answer to a request. */
export function readingsOf(request: Request, outcome: Outcome | undefined): readonly Reading[] {
  if (outcome === undefined || request.verb === 'delete') return []
  if (request.verb === 'adjust') {
    return request.on.map(({ units, ...on }, i) => read({ ...on, cost: Math.max(0, units) }, outcome, i))
  }
  const allowed = request.on.every(({ shadow }, i) => shadow || outcome.results[i]?.allowed)
  return request.on.map((check, i) => read(check, outcome, i, allowed))
}

/** What a call charged. */
export function chargesOf(call: Call, request: Request, readings: readonly Reading[]): readonly Charge[] {
  if (!('asks' in call)) return []
  return readings.flatMap(({ taken, receipt }, i) => {
    const { scope, id } = request.on[i] as Key
    const limit = call.asks[i]?.limit ?? 0
    return taken > 0 ? [{ key: { scope, id }, limit, cost: taken, receipt }] : []
  })
}
