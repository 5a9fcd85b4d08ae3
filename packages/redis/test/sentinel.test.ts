import { setTimeout as sleep } from 'node:timers/promises'
import { conform } from '@headgate/conformance'
import { createLimiter, fixedWindow, resilient } from '@headgate/core'
import { type RedisSentinel, redisIsNative, startRedisSentinel } from '@headgate/services'
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromIoredis, fromNodeRedis, redisStore } from '../src/index.ts'
import { PATIENT } from './support.ts'

const native = redisIsNative()

describe.skipIf(!native)(native ? 'Sentinel' : 'Sentinel (skipped: there is no redis-server)', () => {
  let servers: RedisSentinel
  let ioredis: Redis
  let nodeRedis: ReturnType<typeof sentinelOf>

  beforeAll(async () => {
    servers = await startRedisSentinel()
    ioredis = new Redis({
      sentinels: [...servers.sentinels],
      name: servers.name,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      sentinelRetryStrategy: () => 100,
      retryStrategy: () => 100,
      lazyConnect: true,
    })
    ioredis.on('error', () => {})
    nodeRedis = sentinelOf(servers)
    nodeRedis.on('error', () => {})
    await Promise.all([ioredis.connect(), nodeRedis.connect()])
  }, 60_000)
  afterAll(async () => {
    ioredis.disconnect()
    nodeRedis.destroy()
    await servers.stop()
  })

  describe.each([
    ['ioredis', () => fromIoredis(ioredis)],
    ['node-redis', () => fromNodeRedis(nodeRedis)],
  ] as const)('%s', (_name, client) => {
    conform({ describe, it, sync: false, runs: 10, store: () => redisStore(client(), PATIENT) })
  })

  it('the master is killed under load: everybody is answered, and counted again by the replica', async () => {
    const clients = [fromIoredis(ioredis), fromNodeRedis(nodeRedis)]
    const limits = { rate: fixedWindow({ limit: 1_000_000, window: '1h' }) }
    const limiters = clients.map((client) => {
      const store = resilient(redisStore(client, { timeout: 200 }), { onError: 'allow', timeout: 250 })
      return createLimiter({ store, limits })
    })
    const sound = limiters.map(() => 0)
    const degraded = limiters.map(() => 0)
    let running = true
    const lanes = limiters.flatMap((limiter, i) =>
      Array.from({ length: 8 }, async () => {
        while (running) {
          const decision = await limiter.consume('sentinel')
          if (decision.degraded === null) sound[i] = performance.now()
          else degraded[i] = (degraded[i] ?? 0) + 1
          await sleep(2)
        }
      }),
    )
    await expect.poll(() => sound.every((at) => at > 0)).toBe(true)
    await servers.master.kill()
    await expect.poll(() => degraded.every((count) => count > 0), { timeout: 10_000 }).toBe(true)
    const killed = performance.now()
    await expect.poll(() => sound.every((at) => at > killed), { timeout: 30_000 }).toBe(true)
    running = false
    await Promise.all(lanes)
    // What the replica had been told counts on.
    const { remaining } = await createLimiter({
      store: redisStore(clients[0] as (typeof clients)[0]),
      limits,
    }).peek('sentinel')
    expect(remaining).toBeLessThan(1_000_000)
  }, 90_000)
})

function sentinelOf({ sentinels, name }: RedisSentinel) {
  return createSentinel({
    name,
    sentinelRootNodes: [...sentinels],
    nodeClientOptions: { disableOfflineQueue: true, socket: { reconnectStrategy: () => 100 } },
    scanInterval: 200,
  })
}
