import {
  type Adjustment,
  type Check,
  checkTime,
  encodeKey,
  HeadgateError,
  isReadable,
  type Key,
  type Micros,
} from '@headgate/core'
import { type EncodedRule, encodeRule } from './rules.ts'

/** A call as `apply` is asked it; checked, so that nothing the server would choke on is sent. */
export interface Question {
  readonly parts: readonly Part[]
  readonly now: Micros | undefined
}

/** One key of a call, and what is asked of it. */
export interface Part {
  readonly key: string
  /** Undefined if the key is to be forgotten. */
  readonly rule: EncodedRule | undefined
  readonly amount: number
  /** What `apply` calls how, but for what follows and the receipt. */
  readonly how: number
  readonly receipt?: string | undefined
}

/** The parts of `how`. */
export const MORE = 1
const SHADOW = 2
const FORCED = 4
const FORGET = 8
export const RECEIPT = 16

/** @throws {@link HeadgateError} `INVALID_TIME`, `INVALID_COST`, `INVALID_LIMIT` */
export function questionOfChecks(checks: readonly Check[], now: Micros | undefined): Question {
  const parts = checks.map((check): Part => {
    const { rule, cost, shadow } = check
    if (!Number.isSafeInteger(cost) || cost < 0) throw invalidAmount('cost', cost)
    return { key: encodeKey(check), rule: encodeRule(rule), amount: cost, how: shadow ? SHADOW : 0 }
  })
  return { parts, now: now === undefined ? now : checkTime(now) }
}

/** @throws {@link HeadgateError} `INVALID_TIME`, `INVALID_COST`, `INVALID_LIMIT` */
export function questionOfAdjustments(adjustments: readonly Adjustment[], now: Micros | undefined): Question {
  const parts = adjustments.map((adjustment): Part => {
    const { rule, units } = adjustment
    if (!Number.isSafeInteger(units)) throw invalidAmount('units', units)
    const receipt = units < 0 ? receiptOf(adjustment) : undefined
    return { key: encodeKey(adjustment), rule: encodeRule(rule), amount: units, how: FORCED, receipt }
  })
  return { parts, now: now === undefined ? now : checkTime(now) }
}

export function questionOfKeys(keys: readonly Key[]): Question {
  const parts = keys.map((key): Part => ({ key: encodeKey(key), rule: undefined, amount: 0, how: FORGET }))
  return { parts, now: undefined }
}

/** What tells of the charge that is given back, if this rule can read it: three numbers, of which none is missing. */
function receiptOf({ rule, charge }: Adjustment): string | undefined {
  if (charge === undefined || !isReadable(charge.units, rule)) return undefined
  // A state without numbers is zeros to a meter; no window and no entry of a log is at -1.
  const missing = rule.algorithm === 'meter' || rule.algorithm === 'sliding-window' ? 0 : -1
  const numbers = [0, 1, 2].map((i) => charge.cells[i] ?? missing)
  for (const number of numbers) if (!Number.isSafeInteger(number)) throw invalidAmount('charge', number)
  return numbers.join()
}

function invalidAmount(option: string, value: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_COST',
    option,
    value,
    message: `\`${option}\` must be whole numbers${option === 'cost' ? ' from 0 to 2^53 − 1' : ''}, not ${String(value)}`,
    fix: 'Round to a whole number, or count in smaller units',
  })
}
