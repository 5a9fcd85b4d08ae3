import { MAX_LEAD, type Micros, type Rule } from '@headgate/core'
import { type Arbitrary, constantFrom, integer, oneof, record } from 'fast-check'
import type { Figures } from '../figures.ts'
import { spanOf, tickOf } from '../rule-figures.ts'

/** How the clock moves before a call. Mostly by measures of the limit, so that a few steps come to its edges. */
export type Step =
  | { readonly wait: Micros }
  /** To the start of a later tick, and some µs more. */
  | { readonly ticks: number; readonly plus: Micros }
  /** Hundredths of the time in which the limit renews itself. */
  | { readonly percent: number }
  /** To a moment that the last answer told, or some µs from it. */
  | { readonly to: 'fitsAt' | 'nextAt' | 'emptyAt'; readonly plus: Micros }
  /** Behind the latest time that was used. */
  | { readonly back: Micros }

const waits: Arbitrary<Step> = record({
  wait: oneof(constantFrom(0, 0, 1, 10, 999), integer({ min: 0, max: 10_000_000 })),
})
const ticks: Arbitrary<Step> = record({ ticks: integer({ min: 1, max: 3 }), plus: constantFrom(-1, 0, 1) })
const parts: Arbitrary<Step> = record({ percent: integer({ min: 0, max: 100 }) })
const wholes: Arbitrary<Step> = record({ percent: constantFrom(100, 101, 199, 200, 300, 1_000) })
const edges: Arbitrary<Step> = record({
  to: constantFrom('fitsAt' as const, 'nextAt' as const, 'emptyAt' as const),
  plus: constantFrom(-1, 0, 1),
})
const lags: Arbitrary<Step> = record({
  back: oneof(constantFrom(1, 1_000, MAX_LEAD - 1, MAX_LEAD), integer({ min: 1, max: MAX_LEAD })),
})

/** Steps to and past the moment when a store may drop the state, which it must keep for clocks that lag. */
const expiries: Arbitrary<Step> = record({
  to: constantFrom('emptyAt' as const),
  plus: constantFrom(
    -1,
    0,
    1,
    999,
    1_000,
    MAX_LEAD - 1_000,
    MAX_LEAD - 1,
    MAX_LEAD,
    MAX_LEAD + 1,
    MAX_LEAD + 1_000,
  ),
})

/** Steps that never go back. */
export const forwardSteps: Arbitrary<Step> = oneof(
  { weight: 4, arbitrary: waits },
  { weight: 2, arbitrary: ticks },
  { weight: 3, arbitrary: parts },
  { weight: 1, arbitrary: wholes },
  { weight: 3, arbitrary: edges },
)

/** Steps of clocks that may lag behind each other. */
export const steps: Arbitrary<Step> = oneof(
  { weight: 5, arbitrary: forwardSteps },
  { weight: 1, arbitrary: lags },
)

/** How far {@link setBackSteps} may go back. */
export const FAR_BACK: Micros = 7_200_000_000

/** Steps of a clock that is set back now and then, by up to two hours. */
export const setBackSteps: Arbitrary<Step> = oneof(
  { weight: 5, arbitrary: waits },
  { weight: 2, arbitrary: ticks },
  { weight: 1, arbitrary: lags },
  { weight: 2, arbitrary: record({ back: integer({ min: 1, max: FAR_BACK }) }) },
)

/** Steps around expiry. */
export const expirySteps: Arbitrary<Step> = oneof(
  { weight: 3, arbitrary: expiries },
  { weight: 2, arbitrary: lags },
  { weight: 1, arbitrary: forwardSteps },
)

const second = 1_000_000
const year2040 = Date.UTC(2040, 0) * 1_000
const year2045 = Date.UTC(2045, 0) * 1_000
/** Where local clocks change in 2041: New York and Berlin, in spring and in autumn; and where months are short. */
const turns = [
  Date.UTC(2041, 2, 10, 7),
  Date.UTC(2041, 10, 3, 6),
  Date.UTC(2041, 2, 31, 1),
  Date.UTC(2041, 9, 27, 1),
  Date.UTC(2041, 2, 1),
  Date.UTC(2044, 2, 1),
]

/**
 * When a program starts: far enough ahead that no store that also looks at the real time finds anything expired, and
 * early enough that the longest wait ends before 2^53 µs.
 */
export const starts: Arbitrary<Micros> = oneof(
  { weight: 3, arbitrary: integer({ min: year2040, max: year2045 }) },
  record({ turn: constantFrom(...turns), by: integer({ min: -90 * second, max: 90 * second }) }).map(
    ({ turn, by }) => turn * 1_000 + by,
  ),
)

/** Times past this would let a long wait end past 2^53 µs. */
export const LAST_START: Micros = 2 ** 52

/** The clock of a program. */
export interface Time {
  readonly now: Micros
  /** The latest time that was used. */
  readonly latest: Micros
  /** Takes a step. The answer is the last one, whose moments the step may name. */
  move(step: Step, rule: Rule, answer?: Figures): Micros
}

/** @param reach how far a step may go back behind the latest time; as far as a clock is trusted to lag unless told */
export function timeFrom(start: Micros, reach: Micros = MAX_LEAD): Time {
  let now = start
  let latest = start
  return {
    get now() {
      return now
    },
    get latest() {
      return latest
    },
    move(step, rule, answer) {
      const target = after(step, now, latest, rule, answer)
      if (target <= LAST_START) now = Math.max(target, latest - reach)
      latest = Math.max(latest, now)
      return now
    },
  }
}

function after(step: Step, now: Micros, latest: Micros, rule: Rule, answer: Figures | undefined): Micros {
  if ('wait' in step) return now + step.wait
  if ('ticks' in step) return (Math.floor(now / tickOf(rule)) + step.ticks) * tickOf(rule) + step.plus
  if ('percent' in step) return now + Math.floor((spanOf(rule) / 100) * step.percent)
  if ('to' in step) return Math.max((answer?.[step.to] ?? now) + step.plus, now)
  return latest - step.back
}
