import {
  checkKey,
  checkWhole,
  type Duration,
  HeadgateError,
  invalidOption,
  type Micros,
  showValue,
} from '@headgate/core'
import { checkObject, micros } from './checks.ts'

/** What can be said of a job. */
export interface JobOptions {
  /** Higher goes before lower: a whole number from −1,000 to 1,000, such as a plan's `priority`. 0 unless told. */
  readonly priority?: number
  /** Whose it is, for `maxPerKey` and events: any text that isn't empty. */
  readonly key?: string
  /** How many units it takes of the limiter: a whole number; 1 unless told, and 0 takes nothing. */
  readonly cost?: number
  /** Gives it up, with the signal's reason, as long as it waits. */
  readonly signal?: AbortSignal
  /** How long it waits at most; as the queue says unless told. */
  readonly maxWait?: Duration
}

/** {@link JobOptions} that were checked. */
export interface JobSettings {
  readonly priority: number
  readonly key: string | undefined
  readonly cost: number
  readonly signal: AbortSignal | undefined
  readonly maxWait: Micros
}

/** Ten years: a clock's reading and such a span add up to a safe integer. */
export const LONGEST_DAYS = 3_650

const NONE: JobOptions = {}

/** @throws HeadgateError `INVALID_OPTION`, `INVALID_KEY`, `INVALID_COST`, `INVALID_DURATION` */
export function checkJob(options: JobOptions = NONE, defaultMaxWait: Micros): JobSettings {
  checkObject('options', options, 'Leave it out for the defaults')
  const { priority = 0, key, cost = 1, signal, maxWait } = options
  checkWhole('priority', priority, -1_000, 1_000, 'Higher goes before lower')
  if (key !== undefined) checkKey(key, 'key')
  if (!Number.isSafeInteger(cost) || cost < 0) throw invalidCost(cost)
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw invalidOption('signal', signal, 'an AbortSignal', 'Pass controller.signal')
  return {
    priority,
    key,
    cost,
    signal,
    maxWait: maxWait === undefined ? defaultMaxWait : micros('maxWait', maxWait, LONGEST_DAYS),
  }
}

function invalidCost(cost: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_COST',
    option: 'cost',
    value: cost,
    message: `\`cost\` must be a whole number from 0 to 2^53 − 1, not ${showValue(cost)}`,
    fix: 'Round it up to a whole number, or count in smaller units',
  })
}
