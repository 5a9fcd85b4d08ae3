import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { HeadgateError, type Store } from '@headgate/core'
import {
  type Proxy as FaultyProxy,
  redisIsNative,
  type Redis as Server,
  startProxy,
  startRedis,
} from '@headgate/services'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fromIoredis, fromNodeRedis, type RedisScripts, redisStore } from '../src/index.ts'
import { ask, connectTo } from './support.ts'

const native = redisIsNative()
const REASON = native ? '' : ' (skipped: there is no redis-server)'

/** How a decision ended: allowed or not, or the code of its error. */
async function ending(work: ReturnType<Store['decide']>): Promise<boolean | string> {
  return work.then(
    ({ results }) => results[0]?.allowed === true,
    (error) => (error instanceof HeadgateError ? error.code : `not ours: ${error}`),
  )
}

describe.skipIf(!native)(`a server and a network that fail${REASON}`, () => {
  let server: Server
  let proxy: FaultyProxy
  /** Past the proxy. */
  let direct: Redis
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)

  beforeAll(async () => {
    process.on('unhandledRejection', note)
    server = await startRedis()
    proxy = await startProxy(server)
    direct = await connectTo(server.url, { retryStrategy: () => 50 })
  })
  afterEach(() => {
    proxy.mode = 'pass'
    expect(unhandled).toEqual([])
  })
  afterAll(async () => {
    process.off('unhandledRejection', note)
    await proxy.stop()
    await server.stop()
  })

  const throughProxy = () => connectTo(`redis://127.0.0.1:${proxy.port}`, { retryStrategy: () => 50 })
  const usedOf = async (id: string): Promise<number> => {
    const check = ask(id, 1_000_000, 0)
    const { results } = await redisStore(fromIoredis(direct)).decide([check])
    // A little has drained since.
    return Math.round((results[0]?.cells[1] ?? 0) / 3_600_000_000)
  }

  test('killed and started three times under load: nobody hangs, and it goes on at once', {
    timeout: 30_000,
  }, async () => {
    const timeout = 250
    const client = await connectTo(server.url, { retryStrategy: () => 50 })
    const store = redisStore(fromIoredis(client), { timeout })
    const lag = monitorEventLoopDelay({ resolution: 5 })
    lag.enable()
    let running = true
    let slowest = 0
    let lastAllowed = 0
    const codes = new Set<boolean | string>()
    const worker = async () => {
      while (running) {
        const from = performance.now()
        const end = await ending(store.decide([ask('killed', 1_000_000)]))
        const now = performance.now()
        slowest = Math.max(slowest, now - from)
        codes.add(end)
        if (end === true) lastAllowed = now
        else await sleep(1)
      }
    }
    const workers = Array.from({ length: 64 }, worker)
    const recoveries: number[] = []
    for (let i = 0; i < 3; i++) {
      await sleep(200)
      await server.kill()
      await sleep(300)
      await server.restart()
      const back = performance.now()
      while (lastAllowed < back) await sleep(5)
      recoveries.push(lastAllowed - back)
    }
    running = false
    await Promise.all(workers)
    lag.disable()
    const late = slowest - timeout
    console.log(
      `at most ${late.toFixed(0)} ms past the deadline; back after ${recoveries.map((ms) => ms.toFixed(0))} ms; event loop late by up to ${(lag.max / 1e6).toFixed(0)} ms`,
    )
    expect([...codes].filter((code) => ![true, 'STORE_FAILED', 'STORE_TIMEOUT'].includes(code))).toEqual([])
    // The machine's own delay is not the store's.
    expect(late).toBeLessThanOrEqual(20 + lag.max / 1e6)
    for (const recovery of recoveries) expect(recovery).toBeLessThanOrEqual(1_000)
    await store.close()
  })

  test.each([true, false])(
    'replies that are lost are not asked for again (ioredis, gathered: %s)',
    async (gather) => {
      const store = redisStore(fromIoredis(await throughProxy()), { timeout: 100, gather })
      await losesReplies(store, `lost ioredis ${gather}`)
    },
  )

  test('replies that are lost are not asked for again (node-redis)', async () => {
    const client = createClient({
      url: `redis://127.0.0.1:${proxy.port}`,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: () => 50 },
    })
    client.on('error', () => undefined)
    await client.connect()
    await losesReplies(redisStore(fromNodeRedis(client), { timeout: 100 }), 'lost node-redis')
    client.destroy()
  })

  async function losesReplies(store: Store, id: string): Promise<void> {
    expect(await ending(store.decide([ask(id, 1_000_000)]))).toBe(true)
    proxy.mode = 'drop-replies'
    const ends = await Promise.all(
      Array.from({ length: 50 }, () => ending(store.decide([ask(id, 1_000_000)]))),
    )
    expect(new Set(ends)).toEqual(new Set(['STORE_TIMEOUT']))
    proxy.mode = 'pass'
    proxy.reset()
    while ((await ending(store.decide([ask(id, 1_000_000)]))) !== true) await sleep(10)
    await sleep(200)
    // The first, the last, and each of those between that was sent: once at most.
    expect(await usedOf(id)).toBe(52)
    await store.close()
  }

  test('with its own settings ioredis sends again, which the store warns of', async () => {
    const client = new Redis(proxy.port, { retryStrategy: () => 50 })
    client.on('error', () => undefined)
    await once(client, 'ready')
    const warnings: string[] = []
    const options = { timeout: 100, onWarning: (warning: string) => void warnings.push(warning) }
    const store = redisStore(fromIoredis(client), options)
    expect(warnings).toEqual([expect.stringContaining('maxRetriesPerRequest: 0')])
    await ending(store.decide([ask('default', 1_000_000)]))
    proxy.mode = 'drop-replies'
    expect(await ending(store.decide([ask('default', 1_000_000)]))).toBe('STORE_TIMEOUT')
    proxy.mode = 'pass'
    proxy.reset()
    while ((await usedOf('default')) < 3) await sleep(10)
    await store.close()
    client.disconnect()
  })

  test('a black hole holds a bounded number, and lets go of them', { timeout: 20_000 }, async () => {
    const client = await throughProxy()
    const store = redisStore(fromIoredis(client), { timeout: 20, gather: false, maxWaiting: 1_000 })
    expect(await ending(store.decide([ask('hole', 1_000_000)]))).toBe(true)
    proxy.mode = 'blackhole'
    const ends = await Promise.all(
      Array.from({ length: 5_000 }, () => ending(store.decide([ask('hole', 1_000_000)]))),
    )
    expect(ends.filter((end) => end === 'STORE_OVERLOADED').length).toBeGreaterThanOrEqual(
      5_000 - 1_000 - 256,
    )
    expect(ends.filter((end) => end === 'STORE_TIMEOUT').length).toBeGreaterThanOrEqual(1_000)
    // The client keeps what it was given, so at last it is given nothing more.
    let rounds = 0
    const round = () =>
      Promise.all(Array.from({ length: 256 }, () => ending(store.decide([ask('hole', 1_000_000)]))))
    while (!(await round()).every((end) => end === 'STORE_OVERLOADED')) expect(++rounds).toBeLessThan(40)
    // And the one that asks how the server evicts.
    expect(heldBy(client)).toBeLessThanOrEqual(4_096 + 1)
    proxy.mode = 'pass'
    proxy.reset()
    while ((await ending(store.decide([ask('hole', 1_000_000)]))) !== true) await sleep(10)
    expect(await usedOf('hole')).toBeLessThanOrEqual(3)
    await store.close()
  })

  test('in a black hole every decision ends within 20 ms of its deadline', async () => {
    const timeout = 200
    const store = redisStore(fromIoredis(await throughProxy()), { timeout })
    await ending(store.decide([ask('late', 1_000_000)]))
    proxy.mode = 'blackhole'
    const lag = monitorEventLoopDelay({ resolution: 5 })
    lag.enable()
    const slowest = await Promise.all(
      Array.from({ length: 500 }, async (_, i) => {
        await sleep(i % 50)
        const from = performance.now()
        expect(await ending(store.decide([ask('late', 1_000_000)]))).toBe('STORE_TIMEOUT')
        return performance.now() - from
      }),
    ).then((times) => Math.max(...times))
    lag.disable()
    console.log(
      `at most ${(slowest - timeout).toFixed(1)} ms late, the event loop ${(lag.max / 1e6).toFixed(0)} ms`,
    )
    // The machine's own delay is not the store's.
    expect(slowest - timeout).toBeLessThanOrEqual(20 + lag.max / 1e6)
    proxy.mode = 'pass'
    proxy.reset()
    await store.close()
  })

  test('a client that gives up a silent connection finds another', async () => {
    const client = await connectTo(`redis://127.0.0.1:${proxy.port}`, {
      retryStrategy: () => 50,
      socketTimeout: 300,
    })
    const store = redisStore(fromIoredis(client), { timeout: 100 })
    await ending(store.decide([ask('silent', 1_000_000)]))
    proxy.mode = 'blackhole'
    expect(await ending(store.decide([ask('silent', 1_000_000)]))).toBe('STORE_TIMEOUT')
    await closed(client)
    proxy.mode = 'pass'
    const from = performance.now()
    while ((await ending(store.decide([ask('silent', 1_000_000)]))) !== true) await sleep(10)
    expect(performance.now() - from).toBeLessThan(1_000)
    await store.close()
  })

  test('a server that is not there is told at once, and close() waits for what is under way', async () => {
    const client = await throughProxy()
    const store = redisStore(fromIoredis(client), { timeout: 5_000 })
    await ending(store.decide([ask('refused', 10)]))
    proxy.replyDelay = 100
    const asked = ending(store.decide([ask('refused', 10)]))
    await sleep(0)
    await store.close()
    proxy.replyDelay = 0
    expect(await asked).toBe(true)
    expect(await ending(store.decide([ask('refused', 10)]))).toBe('STORE_CLOSED')

    const other = redisStore(fromIoredis(client), { timeout: 5_000 })
    const gone = closed(client)
    proxy.mode = 'refuse'
    await gone
    const from = performance.now()
    expect(await ending(other.decide([ask('refused', 10)]))).toBe('STORE_FAILED')
    expect(performance.now() - from).toBeLessThan(1_000)
  })
})

test('what goes wrong with one client is that store’s error, whatever is thrown', async () => {
  const throwing = (thrown: unknown): RedisScripts => ({
    evalsha: () => Promise.reject(thrown),
    eval: () => Promise.reject(thrown),
  })
  for (const thrown of [
    new Error('Connection is closed.'),
    'text',
    undefined,
    new Error('ERR unknown command'),
  ]) {
    const failed = redisStore(throwing(thrown)).decide([ask('a', 1)])
    await expect(failed).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(failed).rejects.toBeInstanceOf(HeadgateError)
  }
})

function closed(client: Redis): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()))
}

function heldBy(client: Redis): number {
  return (client as unknown as { commandQueue: { length: number } }).commandQueue.length
}
