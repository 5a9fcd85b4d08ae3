import { resilient } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { redisIsNative } from '@headgate/services'
import { expect, onTestFinished, test } from 'vitest'
import { GRACE, LANES, load, servers, TIMEOUT, until } from './load.ts'
import { openAt, prepareAt } from './stores.ts'

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
    expect(slowest).toBeLessThan(TIMEOUT + GRACE + 2 * late)
  },
)
