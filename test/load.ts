import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLimiter, fixedWindow, type Store } from '@headgate/core'
import { type MortalService, startDynamo, startPostgres, startRedis } from '@headgate/services'
import type { Place } from './stores.ts'

/** The deadline of a store under load, and what an answer may be late by. In milliseconds, like all times here. */
export const TIMEOUT = 250
export const GRACE = 20
/** How many callers ask at once. */
export const LANES = 32

export const servers: readonly (readonly [Place['kind'], () => Promise<MortalService>])[] = [
  ['redis', startRedis],
  ['postgres', startPostgres],
  ['dynamodb', startDynamo],
]

/** Callers who ask one after another, with a pause between, until they are told to stop; what they were answered, and how late. */
export function load(store: Store, pause = 1) {
  const limiter = createLimiter({ store, limits: { rate: fixedWindow({ limit: 1_000_000, window: '1h' }) } })
  const stop = new AbortController()
  let [decisions, degraded, slowest, lastSound] = [0, 0, 0, 0]
  let underWay = 0
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  const lane = async (n: number): Promise<void> => {
    while (!stop.signal.aborted) {
      const from = performance.now()
      underWay++
      const decision = await limiter.consume(`u${n % 4}`)
      underWay--
      decisions++
      slowest = Math.max(slowest, performance.now() - from)
      if (decision.degraded === null) lastSound = performance.now()
      else degraded++
      // What is answered on the spot would leave nobody else a turn.
      await sleep(pause)
    }
  }
  const lanes = Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)))
  return {
    get degraded() {
      return degraded
    },
    get lastSound() {
      return lastSound
    },
    async end() {
      stop.abort()
      await lanes
      lag.disable()
      // How late this process was itself, since it runs beside its servers: it may be so when it asks, and when it is answered.
      return { decisions, degraded, slowest, underWay, late: lag.max / 1e6 }
    },
  }
}

export async function until(holds: () => boolean, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(5)) if (holds()) return true
  return holds()
}
