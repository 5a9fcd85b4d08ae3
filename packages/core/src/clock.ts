import type { Micros } from './micros.ts'

/** Where a store or a limiter takes the time from. */
export interface Clock {
  /** Microseconds since the Unix epoch, a whole number. */
  now(): Micros
  /** Resolves `ms` milliseconds later; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** When the monotonic clock is first held against the wall clock, how often in the end, and by how much they may differ. */
const FIRST_CHECK = 1_000
const CHECK_EVERY = 1_000_000
const MAX_DRIFT = 1_000_000

/** Places of what the process's clock holds. */
const LEAD = 0
const CHECK_AT = 1

/**
 * The process's clock: monotonic and fine-grained from reading to reading, and held to the wall clock once a second, so
 * that a machine that slept or whose time was set doesn't count quotas by a clock that has long been wrong.
 *
 * @example
 * ```ts
 * import { systemClock } from '@headgate/core'
 *
 * const clock = systemClock()
 * clock.now() // microseconds since 1970
 * ```
 */
export function systemClock(): Clock {
  // The global is a getter on some runtimes: looked up once.
  const monotonic = performance
  // The wall clock's lead over the monotonic one, and when that is checked next: in an array of doubles, since a variable that a
  // closure keeps is a boxed number, which is unboxed at each reading.
  const held = Float64Array.of(Date.now() * 1_000 - Math.floor(monotonic.now() * 1_000), 0)
  // Often at first: what the engine hasn't seen run it leaves out of compiled code, all of which it throws away when it does.
  let every = FIRST_CHECK
  /** Apart, so that the usual way is short enough to be inlined. */
  const check = (ticks: number): void => {
    held[CHECK_AT] = ticks + every
    every = Math.min(every * 2, CHECK_EVERY)
    const lead = Date.now() * 1_000 - ticks
    if (Math.abs(lead - (held[LEAD] as number)) > MAX_DRIFT) held[LEAD] = lead
  }
  return {
    now() {
      const ticks = Math.floor(monotonic.now() * 1_000)
      if (ticks >= (held[CHECK_AT] as number)) check(ticks)
      return (held[LEAD] as number) + ticks
    },
    sleep,
  }
}

/** The longest span that `setTimeout` honours. */
const MAX_TIMEOUT = 2_147_483_647

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= MAX_TIMEOUT) await timeout(Math.min(left, MAX_TIMEOUT), signal)
}

function timeout(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort, { once: true })
  })
}
