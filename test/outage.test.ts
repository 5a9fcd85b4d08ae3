import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLimiter, fixedWindow, resilient, type Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import {
  type MortalService,
  redisIsNative,
  startDynamo,
  startPostgres,
  startProxy,
  startRedis,
} from '@headgate/services'
import { expect, onTestFinished, test } from 'vitest'
import { openAt, type Place, prepareAt } from './stores.ts'

const TIMEOUT = 250
/** What the deadline may be late by. */
const GRACE = 20
const LANES = 32

const servers: readonly (readonly [Place['kind'], () => Promise<MortalService>])[] = [
  ['redis', startRedis],
  ['postgres', startPostgres],
  ['dynamodb', startDynamo],
]

/** Callers who ask one after another, until they are told to stop; what they were answered, and how late. */
function load(store: Store) {
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
      await sleep(1)
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
      // How late this process was itself, since it runs beside its servers.
      return { decisions, degraded, slowest, underWay, late: lag.max / 1e6 }
    },
  }
}

async function until(holds: () => boolean, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(5)) if (holds()) return true
  return holds()
}

test.for(servers)(
  '%s, killed and started again three times under load: everybody is answered in time',
  {
    timeout: 120_000,
  },
  async ([kind, start], { skip }) => {
    skip(kind === 'redis' && !redisIsNative(), 'the WebAssembly build can’t be killed and come back')
    const server = await start()
    onTestFinished(() => server.stop())
    await prepareAt({ kind, at: server.url })
    const { store, close } = await openAt({ kind, at: server.url }, TIMEOUT)
    onTestFinished(() => close().then(() => {}))
    const running = load(resilient(store, { timeout: TIMEOUT, onError: memoryStore() }))
    expect(await until(() => running.lastSound > 0, 5_000)).toBe(true)

    for (let round = 0; round < 3; round++) {
      await server.kill()
      const before = running.degraded
      expect(await until(() => running.degraded > before + LANES, 5_000)).toBe(true)
      await server.restart()
      // The stand-in for DynamoDB keeps nothing.
      await prepareAt({ kind, at: server.url })
      const back = performance.now()
      expect(await until(() => running.lastSound > back, 5_000)).toBe(true)
      expect(running.lastSound - back).toBeLessThan(1_000)
    }
    const { slowest, underWay, late, degraded } = await running.end()
    expect(underWay).toBe(0)
    expect(degraded).toBeGreaterThan(3 * LANES)
    expect(slowest).toBeLessThan(TIMEOUT + GRACE + late)
  },
)

test.for(servers)(
  '%s, silent: what waits is bounded, nobody waits longer, and it goes on when it speaks again',
  {
    timeout: 60_000,
  },
  async ([kind, start]) => {
    const server = await start()
    onTestFinished(() => server.stop())
    await prepareAt({ kind, at: server.url })
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.stop())
    const at = server.url.replace(`:${server.port}`, `:${proxy.port}`)
    const { store, close } = await openAt({ kind, at }, TIMEOUT)
    onTestFinished(() => close().then(() => {}))
    const running = load(resilient(store, { timeout: TIMEOUT, onError: 'allow' }))
    expect(await until(() => running.lastSound > 0, 5_000)).toBe(true)

    proxy.mode = 'blackhole'
    await sleep(3_000)
    const open = proxy.connections
    proxy.mode = 'pass'
    proxy.reset()
    const back = performance.now()
    expect(await until(() => running.lastSound > back, 5_000)).toBe(true)
    expect(running.lastSound - back).toBeLessThan(1_000)
    const { slowest, underWay, late } = await running.end()
    expect(underWay).toBe(0)
    expect(open).toBeLessThan(100)
    expect(slowest).toBeLessThan(TIMEOUT + GRACE + late)
  },
)
