import type { Clock } from '@headgate/core'

/** A clock for simulations: time passes as fast as nothing else is left to do. */
export interface VirtualClock extends Clock {
  /** Milliseconds since the start. */
  ms(): number
  /** How many sleep. */
  asleep(): number
  /** Lets everything that can happen now happen. */
  settle(): Promise<void>
  /** Lets time pass until the promise is settled; fails if it can't be any more. */
  run<T>(promise: Promise<T>): Promise<T>
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>
}

export const START = Date.UTC(2026, 0, 1)

export function virtualClock(): VirtualClock {
  let now = START * 1_000
  const sleepers: { at: number; wake: () => void }[] = []

  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const wakeNext = (): void => {
    sleepers.sort((a, b) => a.at - b.at)
    const next = sleepers.shift()
    if (next === undefined) throw new Error('nobody sleeps, and nothing happens any more')
    now = Math.max(now, next.at)
    next.wake()
  }
  const clock: VirtualClock = {
    now: () => now,
    ms: () => (now - START * 1_000) / 1_000,
    asleep: () => sleepers.length,
    settle,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          sleepers.splice(sleepers.indexOf(sleeper), 1)
          reject(signal?.reason)
        }
        const sleeper = {
          at: now + Math.ceil(ms * 1_000),
          wake: () => {
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', abort, { once: true })
      }),
    async run(promise) {
      let done = false
      const end = () => {
        done = true
      }
      promise.then(end, end)
      for (;;) {
        await settle()
        if (done) return promise
        wakeNext()
      }
    },
    async pass(ms) {
      const until = now + ms * 1_000
      for (;;) {
        await settle()
        if (!sleepers.some(({ at }) => at <= until)) break
        wakeNext()
      }
      now = until
    },
  }
  return clock
}
