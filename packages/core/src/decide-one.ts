import { StoreDecision } from './decision.ts'
import type { Micros } from './micros.ts'
import { makeOneCheck, type Plan, type Subject } from './plan.ts'
import type { Check, DecideOne, SyncStore } from './store.ts'

/** Takes one unit of a limiter's only limit. */
export type TakeUnit = (key: Subject<string>) => StoreDecision

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
  return new StoreDecision(plan, [check], undefined, copyOf(figures), allowed, true)
}

/**
 * Takes what most ask for: one unit of one limit whose rule never changes, at a store that decides it at once; undefined where it
 * isn't so. It is so short, and has one thing to give back, because the engine then compiles it with who calls it, as one piece, and
 * makes no decision of which only `allowed` is read.
 */
export function createTakeUnit(
  store: OneStore | undefined,
  plan: Plan | undefined,
  figures: Float64Array,
): TakeUnit | undefined {
  if (store === undefined || plan?.only === undefined || plan.calendar) return undefined
  const { only } = plan
  const { scope, compiled } = only
  const rule = compiled.ruleAt(0)
  return (key) => {
    if (typeof key !== 'string' || key === '') {
      return decideOne(store, plan, makeOneCheck(plan, only, key, 1, 0), figures)
    }
    const allowed = store.decideOne(scope, key, rule, 1, figures)
    return new StoreDecision(plan, key, undefined, copyOf(figures), allowed, true)
  }
}

/** Written out: where nobody keeps the decision, the compiler then makes neither. */
function copyOf(figures: Float64Array): readonly number[] {
  return [figures[0] as number, figures[1] as number, figures[2] as number, figures[3] as number]
}
