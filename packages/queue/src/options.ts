import {
  type Clock,
  checkKey,
  checkWhole,
  type Decision,
  type Duration,
  invalidOption,
  type Micros,
  systemClock,
} from '@headgate/core'
import { checkFunction, checkObject, micros } from './checks.ts'
import type { QueueEventSink } from './events.ts'
import { LONGEST_DAYS } from './job-options.ts'

/** What a queue needs of a limiter: each of `createLimiter`'s has it, unless its limits are picked from a context. */
export interface QueueLimiter {
  consume(key: string, options: { readonly cost: number }): Promise<Decision>
  refund(decision: Decision): Promise<void>
}

/** Options of {@link createQueue}. At least one of `concurrency` and `limiter` must be given. */
export interface QueueOptions {
  /** How many run at once at most: a whole number from 1 to 2^24. No bound unless told. */
  readonly concurrency?: number
  /** From which each job takes its `cost` before it is started: say an upstream's limit, which processes share through a store. */
  readonly limiter?: QueueLimiter
  /** As whom the limiter is asked. `"queue"` unless told. */
  readonly limitKey?: string
  /** How many wait at most: a whole number from 1 to 2^24; 1,000 unless told. */
  readonly maxQueued?: number
  /** How many of one `key` wait at most: a whole number from 1 to 2^24. No bound unless told. */
  readonly maxPerKey?: number
  /** How long a job waits at most: up to ten years; `"30s"` unless told. */
  readonly maxWait?: Duration
  /**
   * In what time a job that waits gains one priority, so that everybody has a turn some day: up to 30 days; `"5s"` unless told. `false`: lower
   * priorities wait for as long as there are higher ones.
   */
  readonly aging?: Duration | false
  /** The process's clock unless told; for tests, `manualClock()` of core. */
  readonly clock?: Clock
  /** Called with each event, often while a caller waits: be quick. What it throws is dropped. */
  readonly onEvent?: QueueEventSink
}

/** {@link QueueOptions} that were checked; times are in microseconds, as those of a clock. */
export interface Settings {
  readonly concurrency: number
  readonly limiter: QueueLimiter | undefined
  readonly limitKey: string
  readonly maxQueued: number
  readonly maxPerKey: number
  readonly maxWait: Micros
  readonly aging: Micros | false
  readonly clock: Clock
  readonly onEvent: QueueEventSink | undefined
}

const MOST = 2 ** 24
/** A thousand times that, beside a clock's reading, is still exact. */
const LONGEST_AGING_DAYS = 30

/** @throws HeadgateError `INVALID_OPTION`, `INVALID_KEY`, `INVALID_DURATION` */
export function checkOptions(options: QueueOptions): Settings {
  checkObject('options', options, 'Pass { concurrency: 10 }, or a limiter')
  const { concurrency, limiter, limitKey, maxQueued = 1_000, maxPerKey } = options
  const { maxWait = '30s', aging = '5s', clock = systemClock(), onEvent } = options
  const count = (option: string, value: number, otherwise: string): number =>
    checkWhole(option, value, 1, MOST, `Leave it out for ${otherwise}`)
  checkGates(concurrency, limiter, limitKey)
  checkFunction('clock.now', clock?.now, 'Leave it out for the process’s clock')
  checkFunction('clock.sleep', clock?.sleep, 'Leave it out for the process’s clock')
  if (onEvent !== undefined) checkFunction('onEvent', onEvent, 'Pass (event) => { … }')
  return {
    concurrency:
      concurrency === undefined ? Number.POSITIVE_INFINITY : count('concurrency', concurrency, 'no bound'),
    limiter,
    limitKey: limitKey ?? 'queue',
    maxQueued: count('maxQueued', maxQueued, '1,000'),
    maxPerKey: maxPerKey === undefined ? Number.POSITIVE_INFINITY : count('maxPerKey', maxPerKey, 'no bound'),
    maxWait: micros('maxWait', maxWait, LONGEST_DAYS),
    aging: aging === false ? false : micros('aging', aging, LONGEST_AGING_DAYS),
    clock,
    onEvent,
  }
}

function checkGates(concurrency: unknown, limiter: QueueLimiter | undefined, limitKey: unknown): void {
  if (
    limiter !== undefined &&
    (typeof limiter?.consume !== 'function' || typeof limiter.refund !== 'function')
  )
    throw invalidOption(
      'limiter',
      limiter,
      'a limiter',
      'Pass what createLimiter() of @headgate/core returns',
    )
  if (limiter === undefined && concurrency === undefined)
    throw invalidOption(
      'concurrency',
      concurrency,
      'given where there is no `limiter`',
      'Without either nobody waits',
    )
  if (limitKey === undefined) return
  if (limiter === undefined)
    throw invalidOption('limitKey', limitKey, 'left out where there is no `limiter`', 'Pass a limiter too')
  checkKey(limitKey, 'limitKey')
}
