import {
  type Adjustment,
  type Applied,
  applyAdjustments,
  applyChecks,
  type Check,
  HeadgateError,
  type Key,
  type Micros,
  type Outcome,
  type Rule,
  type State,
} from '@headgate/core'

/** A call of the store, with its keys as they stand in the table. */
export type Call =
  | { readonly kind: 'decide'; readonly on: readonly Check[]; readonly keys: readonly string[] }
  | { readonly kind: 'adjust'; readonly on: readonly Adjustment[]; readonly keys: readonly string[] }
  | { readonly kind: 'delete'; readonly on: readonly Key[]; readonly keys: readonly string[] }

/** The most items of a transaction of DynamoDB. */
const MAX_KEYS = 100

/** @throws {@link HeadgateError} `INVALID_COST`, or `INVALID_KEY` for more keys than a transaction has */
export function checkCall(call: Call): void {
  if (call.keys.length > MAX_KEYS) {
    throw new HeadgateError({
      code: 'INVALID_KEY',
      value: call.keys.length,
      message: `A call is for ${call.keys.length} keys, and a transaction of DynamoDB has ${MAX_KEYS}`,
      fix: 'Name fewer limits',
    })
  }
  if (call.kind === 'decide') for (const { cost } of call.on) checkWhole(cost, 0)
  if (call.kind === 'adjust') for (const { units } of call.on) checkWhole(units, Number.MIN_SAFE_INTEGER)
}

function checkWhole(units: number, least: number): void {
  if (Number.isSafeInteger(units) && units >= least) return
  throw new HeadgateError({
    code: 'INVALID_COST',
    value: units,
    message: `A cost must be a whole number, not ${String(units)}`,
    fix: 'Give a safe integer, from 0 on where it is a cost',
  })
}

/** States by key; a key that isn't there has none. */
export type States = ReadonlyMap<string, State | undefined>

/** What calls would do, one after the other. */
export interface Trial {
  readonly outcomes: readonly Outcome[]
  /** The states after them, of the keys that they change. */
  readonly changed: States
}

/** Lets calls decide by the states that are believed to be there. Only the pure functions of core; nothing is sent. */
export function tryCalls(calls: readonly Call[], believed: States, now: Micros): Trial {
  const changed = new Map<string, State | undefined>()
  const outcomes = calls.map((call) => {
    const states = call.keys.map((key) => (changed.has(key) ? changed.get(key) : believed.get(key)))
    const { outcome, writes } = apply(call, states, now)
    writes.forEach((state, i) => {
      if (state !== undefined) changed.set(call.keys[i] as string, state)
    })
    return outcome
  })
  return { outcomes, changed }
}

function apply(call: Call, states: readonly (State | undefined)[], now: Micros): Applied {
  if (call.kind === 'decide') return applyChecks(call.on, states, now)
  if (call.kind === 'adjust') return applyAdjustments(call.on, states, now)
  return { outcome: { now, results: [] }, writes: [] }
}

/** The one rule by which all of these calls ask for the one key, if there is one. */
export function onlyRule(calls: readonly Call[]): Rule | undefined {
  const [first] = calls
  if (first?.kind !== 'decide') return undefined
  const rule = first.on[0]?.rule
  const same = calls.every(
    (call) => call.kind === 'decide' && call.on.length === 1 && call.on[0] && isSame(call.on[0].rule, rule),
  )
  return same ? rule : undefined
}

function isSame(rule: Rule, other: Rule | undefined): boolean {
  return rule === other || JSON.stringify(rule) === JSON.stringify(other)
}
