import {
  type Clock,
  checkWhole,
  type Duration,
  invalidOption,
  quiet,
  systemClock,
  toMs,
} from '@headgate/core'
import { checkOptions } from './checks.ts'
import type { Signal } from './signal.ts'

/** Options of {@link createLoad}. */
export interface LoadOptions {
  /** What is looked at, by names of your choice: the one with the highest pressure counts. */
  readonly signals: { readonly [name: string]: Signal }
  /** How often they are looked at, at most. `"1s"` unless told. */
  readonly every?: Duration
  /** In how many steps the share goes from nothing to all: from 2 to 1,000. 20 unless told. */
  readonly steps?: number
  /** The least share, in steps, so that somebody always gets through: 1 or more. 2 unless told. */
  readonly floor?: number
  /** Told when the share changes, and by which signal. What it throws is dropped. */
  readonly onChange?: (change: LoadChange) => void
  readonly clock?: Clock
}

/** A share that has changed. */
export interface LoadChange {
  readonly from: number
  readonly to: number
  /** The signal with the highest pressure. */
  readonly signal: string
  readonly pressure: number
}

/** How much a service takes on for now. */
export interface Load {
  /** The share of its full limits, in whole `steps`. */
  readonly step: number
  readonly steps: number
}

/**
 * A share that follows signals: while any of them is above 1 it loses a quarter in each interval, else it gains a step. (Additive
 * increase and multiplicative decrease, as in TCP's congestion avoidance, RFC 5681: of those that agree on a share without
 * speaking to each other.)
 *
 * It looks when it is asked, so there is no timer; intervals in which nobody asked count as calm ones.
 *
 * @throws HeadgateError `INVALID_OPTION`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { createLoad, lag, slow } from '@headgate/adaptive'
 *
 * const latency = slow({ over: '200ms', allowed: 0.01 })
 * const load = createLoad({ signals: { lag: lag(), latency } })
 * load.step // 20 of 20: all is well
 * ```
 */
export function createLoad(options: LoadOptions): Load {
  const { signals, steps, floor, everyMs, onChange, clock } = checkLoad(options)
  const emit = quiet(onChange)
  let step = steps
  let lookedAt = clock.now()

  const worst = (): { signal: string; pressure: number } => {
    let found = { signal: '', pressure: Number.NEGATIVE_INFINITY }
    // All are read, also behind one that is high: what they hold is of this interval.
    for (const [signal, source] of signals) {
      const pressure = pressureOf(source)
      if (pressure > found.pressure) found = { signal, pressure }
    }
    return found
  }

  const look = (): void => {
    const passed = Math.floor((clock.now() - lookedAt) / (everyMs * 1_000))
    // A clock that was set back begins anew.
    if (passed < 0) lookedAt = clock.now()
    if (passed < 1) return
    lookedAt += passed * everyMs * 1_000
    const { signal, pressure } = worst()
    const calm = Math.min(steps, step + passed - 1)
    const to = pressure > 1 ? Math.max(floor, Math.floor((calm * 3) / 4)) : Math.min(steps, calm + 1)
    if (to === step) return
    const from = step
    step = to
    emit?.({ from, to, signal, pressure })
  }

  return {
    steps,
    get step() {
      look()
      return step
    },
  }
}

function checkLoad(options: LoadOptions) {
  const {
    signals,
    steps = 20,
    floor = 2,
    every = '1s',
    onChange,
    clock = systemClock(),
  } = checkOptions(options, 'Pass { signals: { lag: lag() } }')
  const entries = Object.entries(checkOptions(signals ?? null, 'Pass { signals: { lag: lag() } }'))
  if (entries.length === 0 || entries.some(([, signal]) => typeof signal?.read !== 'function'))
    throw invalidOption('signals', signals, 'signals by their names, at least one', 'Pass { lag: lag() }')
  if (onChange !== undefined && typeof onChange !== 'function')
    throw invalidOption('onChange', onChange, 'a function', 'Pass (change) => { … }')
  checkWhole('steps', steps, 2, 1_000, 'Leave it out for 20')
  return {
    signals: entries,
    steps,
    floor: checkWhole('floor', floor, 1, steps, 'Leave it out for 2'),
    everyMs: toMs(every, 'every'),
    onChange,
    clock,
  }
}

/** A signal that fails says nothing: requests must not fail with it. */
function pressureOf(signal: Signal): number {
  try {
    return signal.read()
  } catch {
    return 0
  }
}
