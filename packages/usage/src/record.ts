import { checkName, checkTime, HeadgateError, invalidOption, type Micros, showValue } from '@headgate/core'
import type { LedgerRow } from './ledger.ts'
import { slotOf } from './slot.ts'

/** Who used something. */
export interface UsageOwner {
  /** What tells customers apart, such as an account id: 1 to 512 characters, none of them NUL. */
  readonly subject: string
  /** What is counted: a letter, then letters, digits, ".", "-" and "_". `"requests"` unless told. */
  readonly meter?: string
  /** Under which plan, by a name of the same kind. `""`, for none, unless told. */
  readonly plan?: string
}

/** One use. */
export interface UsageRecord extends UsageOwner {
  /** How much, a whole number from 0 to 2^40. 1 unless told. */
  readonly units?: number
  /** Whether it was allowed; what was denied is counted apart. `true` unless told. */
  readonly allowed?: boolean
  /** When, in microseconds since 1970. Now unless told. */
  readonly at?: Micros
}

/** A change to what was counted: whole numbers, also negative. */
export interface UsageCorrection extends UsageOwner {
  readonly units: number
  /** 0 unless told. */
  readonly requests?: number
  /** In which quarter hour, in microseconds since 1970. Now unless told. */
  readonly at?: Micros
}

/**
 * The most units of one use: what eight million uses in one quarter hour can't add up to 2^63, where the numbers of databases end.
 * Whoever takes units before they are recorded can refuse more beforehand.
 */
export const MAX_UNITS: number = 2 ** 40
const MAX_SUBJECT = 512

/** @throws HeadgateError `INVALID_KEY`, `INVALID_OPTION`, `INVALID_COST`, `INVALID_TIME` */
export function rowOfRecord(record: UsageRecord, now: () => Micros): LedgerRow {
  const { units = 1, allowed = true } = record
  if (typeof allowed !== 'boolean')
    throw invalidOption('allowed', allowed, 'true or false', 'Leave it out for true')
  if (!Number.isSafeInteger(units) || units < 0 || units > MAX_UNITS) {
    throw invalidUnits('units', units, 'from 0 to 2^40', 'Count in larger units; usage.correct() takes off')
  }
  return {
    ...placeOf(record, now),
    requests: allowed ? 1n : 0n,
    denied: allowed ? 0n : 1n,
    units: allowed ? BigInt(units) : 0n,
    deniedUnits: allowed ? 0n : BigInt(units),
  }
}

/** @throws HeadgateError `INVALID_KEY`, `INVALID_OPTION`, `INVALID_COST`, `INVALID_TIME` */
export function rowOfCorrection(correction: UsageCorrection, now: () => Micros): LedgerRow {
  const { units, requests = 0 } = correction
  for (const [option, value] of Object.entries({ units, requests })) {
    if (Number.isSafeInteger(value)) continue
    throw invalidUnits(option, value, 'from −(2^53 − 1) to 2^53 − 1', 'Give what is to be added or taken off')
  }
  return {
    ...placeOf(correction, now),
    requests: BigInt(requests),
    denied: 0n,
    units: BigInt(units),
    deniedUnits: 0n,
  }
}

function placeOf(
  { subject, meter = 'requests', plan = '', at }: UsageOwner & { readonly at?: Micros },
  now: () => Micros,
): Pick<LedgerRow, 'slot' | 'subject' | 'meter' | 'plan'> {
  checkSubject(subject)
  checkName(meter, 'meter')
  if (plan !== '') checkName(plan, 'plan')
  if (at !== undefined) checkTime(at, 'at')
  return { slot: slotOf(at ?? now()), subject, meter, plan }
}

/**
 * What tells customers apart, as every ledger can keep it: 1 to 512 characters of well-formed text without NUL.
 *
 * @throws HeadgateError `INVALID_KEY` for anything else
 * @example
 * ```ts
 * import { checkSubject } from '@headgate/usage'
 *
 * checkSubject('acme')
 * ```
 */
export function checkSubject(subject: unknown): asserts subject is string {
  // What no database takes would hold up all else that is written with it.
  const isText = typeof subject === 'string' && subject !== '' && !/[\0\p{Cs}]/u.test(subject)
  if (isText && subject.length <= MAX_SUBJECT) return
  throw new HeadgateError({
    code: 'INVALID_KEY',
    option: 'subject',
    value: subject,
    message: `\`subject\` must be 1 to ${MAX_SUBJECT} characters of well-formed text without NUL, not ${showValue(subject)}`,
    fix: 'Pass what tells customers apart, such as an account id',
  })
}

function invalidUnits(option: string, value: unknown, range: string, fix: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_COST',
    option,
    value,
    message: `\`${option}\` must be a whole number ${range}, not ${showValue(value)}`,
    fix,
  })
}
