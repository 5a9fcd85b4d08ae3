import { algorithmOf } from '../algorithms/index.ts'
import type { Rule } from '../algorithms/rule.ts'
import type { Micros } from '../micros.ts'
import type { Adjustment, Check, Key, Outcome, Result, State } from '../store.ts'
import { capacityOf } from './share.ts'

/** Units of one key that were taken in advance, and what is known of the key. */
export interface Lease {
  readonly key: Key
  /** The rule that was asked. */
  readonly rule: Rule
  /** The rule that `cells` are read by, and why, where another than the primary store let it have them. */
  by: Rule
  degraded: string | undefined
  /** Units in hand. */
  left: number
  /** The state as last told, in which the units in hand count as used. */
  cells: readonly number[]
  /** What a refund of them tells. */
  receipt: State
  /** The store's times between which they may be handed out: from when they were charged, until before `until`. */
  from: Micros
  until: Micros
  /** Until when the store is asked for what is asked, and no more: a chunk doesn't fit. */
  exactUntil: Micros
  /** From this process's readings of the time to the store's; undefined where calls give the time. */
  offset: number | undefined
  /** The call that others wait for. */
  busy: Promise<unknown> | undefined
}

/** A lease of nothing, until an answer tells more. */
export function emptyLease({ scope, id, rule }: Check): Lease {
  return {
    key: { scope, id },
    rule,
    by: rule,
    degraded: undefined,
    left: 0,
    cells: [],
    receipt: { units: rule.units, cells: [] },
    from: 0,
    until: 0,
    exactUntil: 0,
    offset: undefined,
    busy: undefined,
  }
}

/**
 * Whether units may be taken under a rule now and handed out later. Not of a log, which promises its limit in any window
 * whatever, and not where each unit has its own time to run.
 */
export function isLeasable({ rule, shadow }: Check, chunk: number): boolean {
  if (shadow || rule.algorithm === 'sliding-log' || capacityOf(rule) < chunk) return false
  return rule.algorithm !== 'meter' || !rule.shaped
}

/** Whether two rules are the same limit in the same window. */
export function isSameRule(a: Rule, b: Rule): boolean {
  if (a === b) return true
  if (a.units !== b.units || capacityOf(a) !== capacityOf(b)) return false
  if (a.algorithm !== 'window' || b.algorithm !== 'window') return true
  return a.length === b.length && a.start === b.start && a.end === b.end
}

/** When units that a state has just been charged must have been handed out: units of a window not after it. */
export function leaseEnd(rule: Rule, cells: ArrayLike<number>, now: Micros, ttl: Micros): Micros {
  const until = now + ttl
  if (rule.algorithm === 'window') return Math.min(until, cells[1] ?? 0)
  if (rule.algorithm === 'sliding-window') return Math.min(until, (cells[0] ?? 0) + rule.length)
  return until
}

/** The state as it would be if what is in hand had not been taken. */
export function cellsWithout(lease: Lease, now: Micros): ArrayLike<number> {
  if (lease.left === 0) return lease.cells
  const cells = lease.cells.slice()
  algorithmOf(lease.by).giveBack(lease.by, cells, 0, now, lease.left, lease.receipt.cells)
  return cells
}

/** The lease's answer to a question. */
export function answerOf(lease: Lease, allowed: boolean, now: Micros): Outcome {
  const cells = cellsWithout(lease, now)
  const { by, degraded } = lease
  const results: Result[] = [by === lease.rule ? { allowed, cells } : { allowed, cells, rule: by }]
  // Not by spreading what may be nothing: the engine does that step by step.
  return degraded === undefined ? { now, results } : { now, results, degraded }
}

/**
 * The change that gives back what is in hand; undefined where nothing of it counts any more.
 *
 * A receipt says how much was in the meter, all of which drains before the charge does. But if others gave theirs back
 * since, that is no longer so, and the charge has been draining: so here it is said to have been alone in the meter.
 */
export function refundOf({ key, rule, by, left, receipt }: Lease, now: Micros): Adjustment | undefined {
  const cells = by.algorithm === 'meter' ? [receipt.cells[0] ?? 0, left * by.den] : receipt.cells
  if (left === 0 || algorithmOf(by).used(by, cells, 0, now) === 0) return undefined
  return { ...key, rule, units: -left, charge: { units: receipt.units, cells } }
}
