import type { Clock } from './clock.ts'
import { type Duration, toMs } from './duration.ts'
import type { Micros } from './micros.ts'

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /** Moves on, and wakes whoever slept until then. Sleepers wake in the order of their times. */
  advance(by: Duration): void
  /** Jumps to a time, also backwards. */
  set(now: Micros): void
}

/**
 * A clock for tests and simulations: nothing sleeps, nothing is flaky.
 *
 * @param start microseconds since the Unix epoch, 2026-01-01 unless told
 * @example
 * ```ts
 * import { manualClock } from '@headgate/core'
 *
 * const clock = manualClock()
 * clock.advance('1m')
 * ```
 */
export function manualClock(start: Micros = Date.UTC(2026, 0, 1) * 1_000): ManualClock {
  let now = start
  const sleepers = new Set<{ at: Micros; wake: () => void }>()
  const set = (to: Micros): void => {
    now = to
    const due = [...sleepers].filter((sleeper) => sleeper.at <= to).sort((a, b) => a.at - b.at)
    for (const sleeper of due) {
      sleepers.delete(sleeper)
      sleeper.wake()
    }
  }
  return {
    now: () => now,
    set,
    advance: (by) => set(now + toMs(by, 'by') * 1_000),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        if (ms <= 0) return resolve()
        const abort = () => {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        const sleeper = {
          at: now + Math.ceil(ms * 1_000),
          wake: () => {
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', abort, { once: true })
      }),
  }
}
