import type { Limit, Micros } from '@headgate/core'
import { type Arbitrary, array, constantFrom, integer, nat, oneof, record, uniqueArray } from 'fast-check'
import { type Cost, costs, debts } from './costs.ts'
import { limits as anyLimits, longLimits } from './limits.ts'
import { expirySteps, type Step, setBackSteps, starts, steps } from './steps.ts'

/** One question of a call: which of the program's limits, and how much. */
interface Ask {
  readonly limit: number
  readonly cost: Cost
  readonly shadow: boolean
}

/** A call, by the numbers of the program's limits and subjects. */
export type Call =
  | {
      readonly kind: 'decide'
      readonly subject: number
      readonly asks: readonly Ask[]
      readonly skew: Micros
    }
  | { readonly kind: 'charge'; readonly subject: number; readonly asks: readonly Ask[] }
  /** Gives back hundredths of an earlier charge; a blind refund doesn't tell which, and gives back nothing. */
  | { readonly kind: 'refund'; readonly charge: number; readonly percent: number; readonly blind: boolean }
  | { readonly kind: 'delete'; readonly subject: number; readonly limit: number }
  /** From here on the limit is another. */
  | { readonly kind: 'change'; readonly limit: number; readonly to: Limit }

/** Calls on two subjects under three limits, and how the clock moves before each. */
export interface Program {
  readonly start: Micros
  readonly limits: readonly [Limit, Limit, Limit]
  readonly calls: readonly { readonly step: Step; readonly call: Call }[]
}

// Most calls are for one key, so that a program goes far with it.
const limit = constantFrom(0, 0, 0, 1, 1, 2)
const subject = constantFrom(0, 0, 0, 1)

function asks(cost: Arbitrary<Cost>, maxLength: number): Arbitrary<readonly Ask[]> {
  const shadow = constantFrom(false, false, false, true)
  return uniqueArray(record({ limit, cost, shadow }), {
    minLength: 1,
    maxLength,
    selector: (ask) => ask.limit,
  })
}

/** The limiter asks for the calendar's window by its own clock, which isn't quite the store's. */
const skew = oneof(
  { weight: 5, arbitrary: constantFrom(0) },
  { weight: 1, arbitrary: integer({ min: -60_000_000, max: 60_000_000 }) },
)
const kind = <K extends string>(name: K): Arbitrary<K> => constantFrom(name)

const anyDebt = oneof(
  { weight: 6, arbitrary: debts },
  { weight: 1, arbitrary: constantFrom(Number.MAX_SAFE_INTEGER) },
)

const callsUnder = (limits: Arbitrary<Limit>): Arbitrary<Call> =>
  oneof(
    { weight: 12, arbitrary: record({ kind: kind('decide'), subject, asks: asks(costs, 3), skew }) },
    { weight: 2, arbitrary: record({ kind: kind('charge'), subject, asks: asks(anyDebt, 2) }) },
    {
      weight: 3,
      arbitrary: record({
        kind: kind('refund'),
        charge: nat({ max: 5 }),
        percent: constantFrom(1, 50, 100, 100, 200),
        blind: constantFrom(false, false, false, true),
      }),
    },
    { weight: 2, arbitrary: record({ kind: kind('delete'), subject, limit }) },
    { weight: 1, arbitrary: record({ kind: kind('change'), limit, to: limits }) },
  )

function programsOf(moves: Arbitrary<Step>, maxLength: number, limits = anyLimits): Arbitrary<Program> {
  const calls = callsUnder(limits)
  return record({
    start: starts,
    limits: array(limits, { minLength: 3, maxLength: 3 }).map(
      ([a, b, c]) => [a, b, c] as [Limit, Limit, Limit],
    ),
    calls: array(record({ step: moves, call: calls }), { minLength: 1, maxLength, size: 'max' }),
  })
}

/** Programs of at most 30 calls. */
export const programs: Arbitrary<Program> = programsOf(steps, 30)

/** Programs whose clock moves to where states expire. */
export const expiryPrograms: Arbitrary<Program> = programsOf(expirySteps, 20)

/** Programs whose clock is set back, under limits that outlast it. */
export const setBackPrograms: Arbitrary<Program> = programsOf(setBackSteps, 20, longLimits)
