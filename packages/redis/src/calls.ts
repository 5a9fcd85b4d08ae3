import {
  type Adjustment,
  type Check,
  checkTime,
  HeadgateError,
  isReadable,
  type Key,
  type Micros,
} from '@headgate/core'
import type { Place } from './keys.ts'

/** A call on its way to the server. */
export type Call = Decisions | Adjustments | Deletions

export interface Decisions {
  readonly kind: 'decide'
  readonly places: readonly Place[]
  readonly items: readonly Check[]
  readonly now: Micros | undefined
}

export interface Adjustments {
  readonly kind: 'adjust'
  readonly places: readonly Place[]
  readonly items: readonly Adjustment[]
  readonly now: Micros | undefined
}

export interface Deletions {
  readonly kind: 'delete'
  readonly places: readonly Place[]
}

type PlaceOf = (key: Key) => Place

/** @throws {@link HeadgateError} `INVALID_COST`, `INVALID_TIME` for what the scripts can't count with */
export function decisions(items: readonly Check[], now: Micros | undefined, placeOf: PlaceOf): Decisions {
  if (now !== undefined) checkTime(now)
  for (const { cost } of items) if (!Number.isSafeInteger(cost) || cost < 0) throw notWhole('cost', cost)
  return { kind: 'decide', places: items.map(placeOf), items, now }
}

/** @throws {@link HeadgateError} `INVALID_COST`, `INVALID_TIME` likewise */
export function adjustments(
  items: readonly Adjustment[],
  now: Micros | undefined,
  placeOf: PlaceOf,
): Adjustments {
  if (now !== undefined) checkTime(now)
  for (const item of items) {
    if (!Number.isSafeInteger(item.units)) throw notWhole('units', item.units)
    for (const cell of receiptOf(item)) if (!Number.isSafeInteger(cell)) throw notWhole('charge', cell)
  }
  return { kind: 'adjust', places: items.map(placeOf), items, now }
}

function notWhole(option: string, value: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_COST',
    option,
    value,
    message: `\`${option}\` must be a whole number below 2^53, not ${String(value)}`,
    fix: 'Round it, or count in smaller units',
  })
}

/** 1 if the cells of the charge can be read under the rule, and those of them that tell when it was made. */
export function receiptOf({
  rule,
  charge,
}: Adjustment): readonly [told: 0 | 1, first: number, second: number] {
  if (charge === undefined || !isReadable(charge.units, rule)) return [0, 0, 0]
  return [1, charge.cells[0] ?? 0, charge.cells[1] ?? 0]
}
