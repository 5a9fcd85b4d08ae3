import {
  type Adjustment,
  type Applied,
  applyAdjustments,
  applyChecks,
  type Check,
  encodeKey,
  HeadgateError,
  type Key,
  type Micros,
  type Outcome,
  type State,
} from '@headgate/core'
import type { States } from './states.ts'

/** What a call finds in a transaction. */
export interface Turn {
  readonly states: States
  /** The time of a call: the given one, or the clock's. */
  timeOf(given: Micros | undefined): Micros
}

/** A decision, as part of a transaction. */
export function decideIn(turn: Turn, checks: readonly Check[], given: Micros | undefined): Outcome {
  const now = turn.timeOf(given)
  return apply(turn.states, checks, (stored) => applyChecks(checks, stored, now))
}

/** Forced changes, likewise. */
export function adjustIn(turn: Turn, adjustments: readonly Adjustment[], given: Micros | undefined): Outcome {
  const now = turn.timeOf(given)
  return apply(turn.states, adjustments, (stored) => applyAdjustments(adjustments, stored, now))
}

/** Forgets keys, likewise. */
export function deleteIn(turn: Turn, on: readonly Key[]): void {
  for (const key of on.map(encodeKey)) turn.states.set(key, undefined)
}

/** Sets nothing before all is known to be right: a call that throws must have changed nothing. */
function apply(
  states: States,
  on: readonly Key[],
  step: (stored: readonly (State | undefined)[]) => Applied,
): Outcome {
  const keys = on.map(encodeKey)
  const { outcome, writes } = step(keys.map(states.get))
  for (const state of writes) if (state !== undefined) checkWhole(state)
  writes.forEach((state, i) => {
    if (state !== undefined) states.set(keys[i] as string, state)
  })
  return outcome
}

/** The file outlives the mistake that would write something else than whole numbers to it. */
function checkWhole({ cells }: State): void {
  for (let i = 0; i < cells.length; i++) {
    if (Number.isSafeInteger(cells[i])) continue
    throw new HeadgateError({
      code: 'INVALID_COST',
      value: cells[i],
      message: `A charge came out as ${String(cells[i])}, and a state is whole numbers`,
      fix: 'Give whole costs and units, and rules as compileLimit() makes them',
    })
  }
}
