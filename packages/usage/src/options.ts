import { type Clock, checkWhole, type Duration, invalidOption, systemClock, toMs } from '@headgate/core'
import type { Ledger } from './ledger.ts'

/** Options of `createUsage`. */
export interface UsageOptions {
  /** Where counts are kept. `close()` closes it. */
  readonly ledger: Ledger
  /** How long a count may wait to be written with others; what a crash may lose. `"5s"` unless told. */
  readonly flushEvery?: Duration
  /**
   * How many rows may wait, one for each subject, meter, plan and quarter hour: 2 to 100,000, and 10,000 unless told. When
   * half of them do, they are written at once.
   */
  readonly maxBuffered?: number
  /** Told why counts can't be written, and of records that were dropped, each at most once a second. `console.warn` unless told. */
  readonly onError?: (error: Error) => void
  readonly clock?: Clock
}

/** Options that are checked, and none of them missing. */
export interface CheckedOptions {
  readonly ledger: Ledger
  readonly everyMs: number
  readonly maxBuffered: number
  readonly onError: (error: Error) => unknown
  readonly clock: Clock
}

const METHODS = ['write', 'read', 'prune', 'close'] as const
const MAX_BUFFERED = 100_000

/** @throws HeadgateError `INVALID_OPTION`, `INVALID_DURATION` */
export function checkOptions(options: UsageOptions): CheckedOptions {
  const { ledger, maxBuffered = 10_000, onError = console.warn, clock = systemClock() } = options ?? {}
  if (METHODS.some((method) => typeof ledger?.[method] !== 'function'))
    throw invalidOption('ledger', ledger, 'a ledger', 'Pass memoryLedger(), or another one')
  checkWhole('maxBuffered', maxBuffered, 2, MAX_BUFFERED, 'Leave it out for 10000')
  if (typeof onError !== 'function')
    throw invalidOption('onError', onError, 'a function', 'Leave it out for console.warn')
  return { ledger, maxBuffered, onError, clock, everyMs: toMs(options.flushEvery ?? '5s', 'flushEvery') }
}
