import type { Rule } from '@headgate/core'
import { type Arbitrary, constant, integer, oneof, record } from 'fast-check'
import { capacityOf } from '../rule-figures.ts'

/** A cost: in units, or as hundredths of what the limit can hold, and some more. */
export type Cost = number | { readonly percent: number; readonly plus: number }

export function costOf(cost: Cost, rule: Rule): number {
  if (typeof cost === 'number') return cost
  // Divided first: the product may pass 2^53.
  const units = Math.floor((capacityOf(rule) / 100) * cost.percent) + cost.plus
  return Math.min(Math.max(units, 0), Number.MAX_SAFE_INTEGER)
}

const percent = record({ percent: integer({ min: 0, max: 99 }), plus: integer({ min: 0, max: 1 }) })
const all = record({ percent: constant(100), plus: integer({ min: -1, max: 1 }) })
const units = integer({ min: 1, max: 5 })

/** A cost that can fit: at least 1. */
export const fittingCosts: Arbitrary<Cost> = oneof(
  { weight: 4, arbitrary: units },
  { weight: 2, arbitrary: record({ percent: integer({ min: 1, max: 99 }), plus: constant(1) }) },
)

/** Any cost: nothing, few units, a share of the limit, all of it, more than it can hold, the largest number. */
export const costs: Arbitrary<Cost> = oneof(
  { weight: 8, arbitrary: units },
  { weight: 3, arbitrary: percent },
  { weight: 2, arbitrary: all },
  { weight: 1, arbitrary: constant(0) },
  { weight: 1, arbitrary: constant(Number.MAX_SAFE_INTEGER) },
)

/** What is charged past a limit: a few times what it can hold, at most. */
export const debts: Arbitrary<Cost> = oneof(
  integer({ min: 1, max: 20 }),
  record({ percent: integer({ min: 1, max: 300 }), plus: integer({ min: 0, max: 3 }) }),
)
