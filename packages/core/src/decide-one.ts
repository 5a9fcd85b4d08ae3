import { StoreDecision } from './decision.ts'
import type { Micros } from './micros.ts'
import type { Plan } from './plan.ts'
import type { Check, DecideOne, SyncStore } from './store.ts'

/** A store that decides one check without a list. */
type OneStore = SyncStore & { readonly decideOne: DecideOne }

export function hasDecideOne(store: SyncStore): store is OneStore {
  return store.decideOne !== undefined
}

/** What a store decides of one check; `figures` is where it puts its own, again and again. */
export function decideOne(
  store: OneStore,
  plan: Plan,
  check: Check,
  figures: Float64Array,
  now?: Micros,
): StoreDecision {
  const allowed = store.decideOne(check.scope, check.id, check.rule, check.cost, figures, now)
  return new StoreDecision(plan, check, undefined, copyOf(figures), allowed, true)
}

/**
 * Takes what most ask for: one unit, of one limit whose rule never changes, at a store that decides it at once. Answers undefined
 * where anything else is asked for, and must be looked at. So short because the engine compiles it all as one piece then, which
 * halves what a decision adds to its reading of the clock.
 */
export function createUnitOf(
  store: OneStore | undefined,
  plan: Plan | undefined,
  figures: Float64Array,
): (key: unknown) => StoreDecision | undefined {
  if (store === undefined || plan?.only === undefined || plan.calendar) return () => undefined
  const { scope, compiled } = plan.only
  const rule = compiled.ruleAt(0)
  return (key) => {
    if (typeof key !== 'string' || key === '') return undefined
    const check = { scope, id: key, rule, cost: 1, shadow: false }
    return decideOne(store, plan, check, figures)
  }
}

/** Written out: where nobody keeps the decision, the compiler then makes neither. */
function copyOf(figures: Float64Array): readonly number[] {
  return [figures[0] as number, figures[1] as number, figures[2] as number, figures[3] as number]
}
