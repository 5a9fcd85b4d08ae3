import type { Micros } from '../micros.ts'

/** The numbers of a state, in the layout of its algorithm. Zeros, or nothing, is the state of an absent key. */
export type Cells = number[] | Float64Array

/** How far ahead of the clock a stored time may be before it is taken for a mistake of the clock: 60 s. */
export const MAX_LEAD: Micros = 60_000_000

/** The largest whole number that JS doubles, Lua numbers and 64-bit integers all hold with room to add two of them. */
export const MAX_LEVEL: number = Number.MAX_SAFE_INTEGER

/**
 * An algorithm: functions on whole numbers, without a clock and without I/O. A state is `width` numbers of `cells` from
 * `at` on; a `width` of 0 means that a state has as many numbers as it needs, from 0 on. Zeros are the state of an absent
 * key. `U` is what it takes to read a state, `R` adds the limit itself.
 *
 * `fits` only reads and `take` writes, so that several limits can be asked before any is charged.
 */
export interface Algorithm<U, R extends U> {
  readonly width: number
  /** Whether `cost` more fits at `now`. Writes nothing. */
  fits(rule: R, cells: Cells, at: number, now: Micros, cost: number): boolean
  /** Charges `cost` at `now`, whether it fits or not, unless `ifFits`. Says whether it charged. */
  take(rule: R, cells: Cells, at: number, now: Micros, cost: number, ifFits?: boolean): boolean
  /** Takes back up to `units` of a charge, of which `receipt` tells when it was made; never more than is left of it. */
  giveBack(rule: R, cells: Cells, at: number, now: Micros, units: number, receipt: ArrayLike<number>): void
  /** Whether a state that counts lies where this rule, by this clock, would not have put it: see `isFromElsewhere`. */
  isAstray(rule: R, cells: ArrayLike<number>, at: number, now: Micros): boolean
  /** The numbers that `giveBack` needs to know of a charge, from the state just after it. */
  receipt(cells: ArrayLike<number>): number[]

  /** How many units would still fit at `now`. */
  remaining(rule: R, cells: ArrayLike<number>, at: number, now: Micros): number
  /** When `cost` fits if nobody else takes: the first such time, or null for never. At least `now`. */
  fitsAt(rule: R, cells: ArrayLike<number>, at: number, now: Micros, cost: number): Micros | null
  /** When what was admitted last, or would be admitted next, may run: `now` unless the algorithm shapes. */
  runsAt(rule: R, cells: ArrayLike<number>, at: number, now: Micros, taken: number): Micros

  /** From when on the state equals an absent one, if nobody takes. */
  emptyAt(units: U, cells: ArrayLike<number>, at: number): Micros
  /** The latest time that the state has seen: time per key doesn't run behind it. */
  latest(units: U, cells: ArrayLike<number>, at: number): Micros
  /** How many units still count at `now`, rounded up. */
  used(units: U, cells: ArrayLike<number>, at: number, now: Micros): number
  /** A state in which `used` units count from `now` on. */
  start(rule: R, now: Micros, used: number): number[]
}
