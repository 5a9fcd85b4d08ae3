import {
  algorithmOf,
  type Check,
  type Key,
  type Limit,
  type Micros,
  type Outcome,
  type Result,
  type Rule,
  type State,
  type Store,
} from '@headgate/core'
import { type Figures, figuresOf } from './figures.ts'
import { ruleAt } from './rule-figures.ts'

/** A store's answer about one key, and what can be read from it. */
export interface Reading {
  readonly figures: Figures
  readonly allowed: boolean
  /** The units that were taken. */
  readonly taken: number
  readonly now: Micros
  readonly rule: Rule
  readonly cells: ArrayLike<number>
  /** What a refund must tell of the charge. */
  readonly receipt: State
}

/** One key under one limit at a store. A limit that is given to a call is that key's limit for the call. */
export interface Subject {
  readonly key: Key
  take(cost: number, now: Micros, limit?: Limit): Promise<Reading>
  /** Asks without taking. */
  look(now: Micros, limit?: Limit): Promise<Reading>
  /** Takes, even past the limit. */
  charge(units: number, now: Micros, limit?: Limit): Promise<Reading>
  refund(units: number, charge: State, now: Micros, limit?: Limit): Promise<Reading>
}

/** A subject: the key of `scope` and `id` under `limit`. */
export function subjectAt(store: Store, limit: Limit, scope: string, id = 'u'): Subject {
  const key: Key = { scope, id }
  const subject: Subject = {
    key,
    async take(cost, now, other = limit) {
      const rule = ruleAt(other, now)
      return read({ ...key, rule, cost }, await store.decide([{ ...key, rule, cost }], now))
    },
    look: (now, other) => subject.take(0, now, other),
    async charge(units, now, other = limit) {
      const rule = ruleAt(other, now)
      return read({ ...key, rule, cost: units }, await store.adjust([{ ...key, rule, units }], now))
    },
    async refund(units, charge, now, other = limit) {
      const rule = ruleAt(other, now)
      return read(
        { ...key, rule, cost: 0 },
        await store.adjust([{ ...key, rule, units: -units, charge }], now),
      )
    },
  }
  return subject
}

/** What the outcome's result at `i` says about the check. */
export function read(check: Check, { now, results }: Outcome, i = 0, charged = true): Reading {
  const { rule, cost } = check
  const result = results[i] as Result
  const { allowed, cells } = result
  const taken = charged && allowed ? cost : 0
  return {
    figures: figuresOf(rule, result, now, cost, taken),
    allowed,
    taken,
    now,
    rule,
    cells,
    receipt: { units: rule.units, cells: algorithmOf(rule).receipt(cells) },
  }
}
