import { MAX_LEAD, MAX_LEVEL } from './algorithms/algorithm.ts'
import { algorithmOf, parseUnits } from './algorithms/index.ts'
import { rescale } from './algorithms/meter.ts'
import type { Rule, Units } from './algorithms/rule.ts'
import type { Micros } from './micros.ts'
import type { Adjustment, Check, Outcome, Result, State } from './store.ts'

/** What a call did: its outcome, and the states to write, one place per check; nothing to write where it is undefined. */
export interface Applied {
  readonly outcome: Outcome
  readonly writes: readonly (State | undefined)[]
}

/**
 * A decision as a pure function: the states that are stored and the time in, the outcome and the states to store out.
 * Every store that runs JavaScript decides with it or with its parts, and every other port is checked against it.
 */
export function applyChecks(
  checks: readonly Check[],
  states: readonly (State | undefined)[],
  now: Micros,
): Applied {
  const cells = checks.map((check, i) => cellsIn(check.rule, states[i], now))
  const fits = checks.map((check, i) =>
    algorithmOf(check.rule).fits(check.rule, cells[i] ?? [], 0, now, check.cost),
  )
  const allowed = checks.every((check, i) => fits[i] || check.shadow)
  const writes = checks.map(({ rule, cost }, i) => {
    const takes = allowed && fits[i] === true
    if (cost === 0 || !(takes || isFromElsewhere(rule, states[i], now))) return false
    algorithmOf(rule).take(rule, cells[i] ?? [], 0, now, takes ? cost : 0)
    return true
  })
  return applied(checks, cells, fits, writes, now)
}

/**
 * Whether a state that counts was written under another configuration, or by a clock that has since been set back. Such
 * a state is written anew also by a denial: else it would go on by its old rate, or wait for its old time, and be denied
 * when it was told to come.
 */
export function isFromElsewhere(rule: Rule, state: State | undefined, now: Micros): boolean {
  if (state === undefined) return false
  if (state.units === rule.units && !algorithmOf(rule).isAstray(rule, state.cells, 0, now)) return false
  const written = parseUnits(state.units)
  return algorithmOf(written).used(written, state.cells, 0, now) > 0
}

/** Forced changes, likewise. */
export function applyAdjustments(
  adjustments: readonly Adjustment[],
  states: readonly (State | undefined)[],
  now: Micros,
): Applied {
  const cells = adjustments.map((adjustment, i) => cellsIn(adjustment.rule, states[i], now))
  const writes = adjustments.map((adjustment, i) => adjust(adjustment, cells[i] ?? [], 0, now))
  return applied(
    adjustments,
    cells,
    adjustments.map(() => true),
    writes,
    now,
  )
}

/**
 * One forced change of a state that is already in the rule's units. False if it changes nothing: where nothing counts, there
 * is nothing to give back, and nothing must be written (a state without use would tell the time to a lagging clock).
 */
export function adjust(
  { rule, units, charge }: Adjustment,
  cells: number[] | Float64Array,
  at: number,
  now: Micros,
): boolean {
  const algorithm = algorithmOf(rule)
  if (units > 0) algorithm.take(rule, cells, at, now, units)
  else if (units === 0 || algorithm.used(rule, cells, at, now) === 0) return false
  else if (charge !== undefined && isReadable(charge.units, rule)) {
    algorithm.giveBack(rule, cells, at, now, -units, charge.cells)
  }
  return true
}

function applied(
  keys: readonly { readonly rule: Rule }[],
  cells: readonly number[][],
  allowed: readonly boolean[],
  written: readonly boolean[],
  now: Micros,
): Applied {
  const results: Result[] = cells.map((own, i) => ({ allowed: allowed[i] === true, cells: own }))
  const writes = keys.map(({ rule }, i) =>
    written[i] ? { units: rule.units, cells: cells[i] ?? [] } : undefined,
  )
  return { outcome: { now, results }, writes }
}

/**
 * A stored state's numbers in the units of `rule`, as a copy. A state of another configuration, or of another algorithm,
 * is carried over: what it has used, rounded up to units, counts from now on. From meter to meter fractions of a unit are
 * kept, so that a key that is asked under two rules in turn still drains.
 */
export function cellsIn(rule: Rule, state: State | undefined, now: Micros): number[] {
  if (state === undefined) return new Array<number>(algorithmOf(rule).width).fill(0)
  if (state.units === rule.units) return Array.from(state.cells)
  const written = parseUnits(state.units)
  if (readable(written, rule)) return Array.from(state.cells)
  if (written.algorithm === 'meter' && rule.algorithm === 'meter')
    return rescale(rule, written, state.cells, now)
  const latest = algorithmOf(written).latest(written, state.cells, 0)
  const time = latest > now && latest - now <= MAX_LEAD ? latest : now
  const used = Math.min(algorithmOf(written).used(written, state.cells, 0, time), MAX_LEVEL)
  return algorithmOf(rule).start(rule, time, used)
}

/** Whether a state in the units of this name can be read by the rule as it is: what a refund tells of its charge, too. */
export function isReadable(units: string, rule: Rule): boolean {
  return readable(parseUnits(units), rule)
}

/** Whether a state in these units can be read by the rule as it is. A sliding window's tick is not in its state. */
function readable(written: Units, rule: Rule): boolean {
  if (written.units === rule.units) return true
  return (
    written.algorithm === 'sliding-window' &&
    rule.algorithm === 'sliding-window' &&
    written.length === rule.length
  )
}

/** When a state may be dropped: it equals an absent one, also for a clock that lags behind as far as one is trusted to. */
export function expiresAt(state: State): Micros {
  const units = parseUnits(state.units)
  // A huge debt may last longer than a time can say.
  return Math.min(algorithmOf(units).emptyAt(units, state.cells, 0) + MAX_LEAD, Number.MAX_SAFE_INTEGER)
}
