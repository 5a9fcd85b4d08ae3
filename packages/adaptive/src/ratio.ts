import { checkWhole, type Duration, toMs } from '@headgate/core'
import { checkOptions, checkShare } from './checks.ts'
import type { Signal } from './signal.ts'

/** How much of what is recorded may be bad. */
export interface RatioOptions {
  /** The share that may be bad: above 0, at most 1. */
  readonly allowed: number
  /** Of fewer than so many nothing is concluded: one that failed out of two is no sign. 20 unless told. */
  readonly atLeast?: number
}

/** {@link RatioOptions} of requests that are slow. */
export interface SlowOptions extends RatioOptions {
  /** What takes longer is slow. */
  readonly over: Duration
}

/** A signal that is told what happened. */
export interface RecordingSignal<Outcome> extends Signal {
  /** Counts one: whether it went well, or how many milliseconds it took. */
  record(outcome: Outcome): void
}

/**
 * How many requests fail. At pressure 1 the share that fails is the one that is allowed.
 *
 * @throws HeadgateError `INVALID_OPTION`
 * @example
 * ```ts
 * import { failures } from '@headgate/adaptive'
 *
 * const failing = failures({ allowed: 0.05 })
 * failing.record(true) // it went well
 * ```
 */
export function failures(options: RatioOptions): RecordingSignal<boolean> {
  const { add, read } = counter(checkOptions(options, 'Pass { allowed: 0.05 }'))
  return { read, record: (isWell) => add(isWell !== true) }
}

/**
 * How many requests are slow. `{ over: "200ms", allowed: 0.01 }` is a 99th percentile of 200 ms, by counting: no quantile is estimated.
 *
 * @throws HeadgateError `INVALID_OPTION`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { slow } from '@headgate/adaptive'
 *
 * const latency = slow({ over: '200ms', allowed: 0.01 })
 * latency.record(12.5) // milliseconds
 * ```
 */
export function slow(options: SlowOptions): RecordingSignal<number> {
  const { add, read } = counter(checkOptions(options, 'Pass { over: "200ms", allowed: 0.01 }'))
  const overMs = toMs(options.over, 'over')
  // What is no time at all must not pass for quick.
  return { read, record: (ms) => add(!(ms <= overMs)) }
}

function counter({ allowed, atLeast = 20 }: RatioOptions) {
  checkShare('allowed', allowed, 'Write 0.01 for one in a hundred')
  checkWhole('atLeast', atLeast, 1, 1_000_000, 'Leave it out for 20')
  let all = 0
  let bad = 0
  return {
    add(isBad: boolean): void {
      all++
      if (isBad) bad++
    },
    /** Where there are too few they go on counting, so that a quiet service is judged too, if later. */
    read(): number {
      if (all < atLeast) return 0
      const pressure = bad / all / allowed
      all = bad = 0
      return pressure
    },
  }
}
