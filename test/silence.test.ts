import { setTimeout as sleep } from 'node:timers/promises'
import { resilient } from '@headgate/core'
import { startProxy } from '@headgate/services'
import { test } from 'vitest'
import { GRACE, LANES, load, servers, TIMEOUT, until } from './load.ts'
import { openAt, prepareAt } from './stores.ts'

const SILENCE = 60_000
/** More than what is kept of a minute of questions may take; a call that is never let go of takes more than its share soon. */
const HEAP = 64 * 2 ** 20

// In a file of its own, and all at once: what takes a minute runs beside everything else.
test.concurrent.for(servers)(
  '%s, silent for a minute: what waits is bounded, nobody waits longer, and it goes on when it speaks again',
  { timeout: 180_000 },
  // Of tests that run at once, each must be asked for its own.
  async ([kind, start], { expect, onTestFinished }) => {
    const server = await start()
    onTestFinished(() => server.stop())
    await prepareAt({ kind, at: server.url })
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.stop())
    const at = server.url.replace(`:${server.port}`, `:${proxy.port}`)
    const { store, close } = await openAt({ kind, at }, TIMEOUT)
    onTestFinished(() => close().then(() => {}))
    const running = load(resilient(store, { timeout: TIMEOUT, onError: 'allow' }), 5)
    expect(await until(() => running.lastSound > 0, 5_000)).toBe(true)

    proxy.mode = 'blackhole'
    await sleep(SILENCE / 4)
    const early = process.memoryUsage().heapUsed
    await sleep((SILENCE * 3) / 4)
    const open = proxy.connections
    const grown = process.memoryUsage().heapUsed - early
    proxy.mode = 'pass'
    proxy.reset()
    const back = performance.now()
    expect(await until(() => running.lastSound > back, 5_000)).toBe(true)
    expect(running.lastSound - back).toBeLessThan(1_000)
    const { slowest, underWay, late, degraded } = await running.end()
    expect(degraded).toBeGreaterThan(100 * LANES)
    expect(underWay).toBe(0)
    expect(open).toBeLessThan(100)
    expect(grown).toBeLessThan(HEAP)
    expect(slowest).toBeLessThan(TIMEOUT + GRACE + 2 * late)
  },
)
