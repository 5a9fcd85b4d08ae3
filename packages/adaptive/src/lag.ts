import { type Duration, toMs } from '@headgate/core'
import { checkOptions } from './checks.ts'
import type { Signal } from './signal.ts'

/** By how much timers may be late. */
export interface LagOptions {
  /** At that lateness the pressure is 1. `"50ms"` unless told. */
  readonly target?: Duration
}

/** A signal that goes on until it is closed. It keeps no process alive. */
export interface LagSignal extends Signal {
  close(): void
}

/** How often it looks, in milliseconds. */
const EVERY = 10

/**
 * How late this process's timers are: what a request waits for only because the process is busy with others. The pressure is
 * that of the latest since it was read.
 *
 * @throws HeadgateError `INVALID_DURATION`, `INVALID_OPTION`
 * @example
 * ```ts
 * import { lag } from '@headgate/adaptive'
 *
 * const busy = lag({ target: '50ms' })
 * // …
 * busy.close()
 * ```
 */
export function lag(options: LagOptions = {}): LagSignal {
  const { target = '50ms' } = checkOptions(options, 'Leave it out, or pass { target: "50ms" }')
  const targetMs = toMs(target, 'target')
  let due = performance.now() + EVERY
  let worst = 0
  const look = (): void => {
    const now = performance.now()
    worst = Math.max(worst, now - due)
    due = now + EVERY
  }
  const timer: unknown = setInterval(look, EVERY)
  // Runtimes that stand on Node's timers let one be of no account; the others end when they like.
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
  return {
    read() {
      // One that should have come by now counts too: whoever reads may be what holds it up.
      const late = Math.max(worst, performance.now() - due, 0)
      worst = 0
      return late / targetMs
    },
    close: () => clearInterval(timer as Parameters<typeof clearInterval>[0]),
  }
}
