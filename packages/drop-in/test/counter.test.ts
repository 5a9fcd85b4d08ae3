import { createRequire } from 'node:module'
import { denialCache, HeadgateError, manualClock, observed, resilient, type Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { MemoryStore as ExpressMemoryStore } from 'express-rate-limit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCounter } from '../src/counter.ts'
import { expressRateLimitStore } from '../src/express-rate-limit.ts'
import { fastifyRateLimitStore } from '../src/fastify-rate-limit.ts'
import { honoRateLimiterStore } from '../src/hono-rate-limiter.ts'
import { throttlerStorage } from '../src/nestjs-throttler.ts'
import { away, backends, hostile, instances } from './support.ts'

const START = Date.UTC(2026, 0, 1)
const WINDOW = 60_000

/** A repeatable source of whole numbers below `max`. */
function dice(seed: number) {
  let state = seed
  return (max: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * max)
  }
}

interface FastifyStore {
  incr(
    key: string,
    callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
    timeWindow: number,
    max: number,
  ): void
  read: FastifyStore['incr']
  child(params: object): FastifyStore
}

function incr(
  store: FastifyStore,
  timeWindow: number,
  max: number,
  key = 'u',
  how: 'incr' | 'read' = 'incr',
) {
  return new Promise<{ current: number; ttl: number }>((resolve, reject) => {
    store[how](
      key,
      (error, result) => {
        if (error || !result) reject(error)
        else resolve({ current: result.current, ttl: result.ttl })
      },
      timeWindow,
      max,
    )
  })
}

function fastifyStore(store: Store, params: object): FastifyStore {
  const Store = fastifyRateLimitStore(store)
  return new Store(params) as unknown as FastifyStore
}

/** The first record that isn't blocked any more. */
async function unblocked<R extends { isBlocked: boolean }>(hit: () => Promise<R>): Promise<R> {
  const until = Date.now() + 10_000
  for (;;) {
    const record = await hit()
    if (!record.isBlocked) return record
    if (Date.now() > until) throw new Error('still blocked')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('beside the memory store of the peer, step by step', () => {
  let clock = manualClock(START * 1_000)
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
    clock = manualClock(START * 1_000)
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const advance = (ms: number): void => {
    if (ms === 0) return
    clock.advance(ms)
    vi.setSystemTime(Date.now() + ms)
  }

  test.each([1, 2, 3, 4, 5])('express-rate-limit: the same counts and windows (%i)', async (seed) => {
    const roll = dice(seed)
    const theirs = new ExpressMemoryStore()
    const ours = expressRateLimitStore(memoryStore({ clock }))
    theirs.init({ windowMs: WINDOW } as never)
    ours.init({ windowMs: WINDOW })
    for (let i = 0; i < 300; i++) {
      const key = ['a', 'b', 'c'][roll(3)] as string
      const action = roll(10)
      // Where theirs has nothing left to take back, or would take back what is over, the two differ: see the README.
      const counted = await theirs.get(key)
      if (action === 0) await Promise.all([theirs.resetKey(key), ours.resetKey(key)])
      else if (action <= 2 && counted !== undefined && counted.totalHits > 1)
        await Promise.all([theirs.decrement(key), ours.decrement(key)])
      else if (action === 3) {
        expect(await ours.get(key)).toEqual(await theirs.get(key))
      } else expect(await ours.increment(key)).toEqual(await theirs.increment(key))
      advance([0, 1, 999, 7_000, WINDOW - 7_000, WINDOW][roll(6)] as number)
    }
    theirs.shutdown()
  })

  test.each([{ continueExceeding: false }, { continueExceeding: true }])(
    '@fastify/rate-limit: the same counts and waits, %o',
    async (params) => {
      const LocalStore = createRequire(import.meta.url)('@fastify/rate-limit/store/LocalStore.js')
      const roll = dice(6)
      const theirs: FastifyStore = new LocalStore(params.continueExceeding, false)
      const ours = fastifyStore(memoryStore({ clock }), params)
      for (let i = 0; i < 1_000; i++) {
        const key = ['a', 'b', 'c'][roll(3)] as string
        const how = roll(4) === 0 ? 'read' : 'incr'
        expect(await incr(ours, WINDOW, 3, key, how)).toEqual(await incr(theirs, WINDOW, 3, key, how))
        advance([0, 1, 999, 7_000, WINDOW - 7_000, WINDOW][roll(6)] as number)
      }
    },
  )

  test('@fastify/rate-limit: with exponentialBackoff each excess doubles the wait, which nobody can sit out early', async () => {
    const store = fastifyStore(memoryStore({ clock }), { exponentialBackoff: true })
    const ttls: number[] = []
    for (let i = 0; i < 5; i++) ttls.push((await incr(store, 1_000, 2)).ttl)
    expect(ttls).toEqual([1_000, 1_000, 1_000, 2_000, 4_000])
    advance(3_999)
    expect(await incr(store, 1_000, 2, 'u', 'read')).toEqual({ current: 5, ttl: 1 })
    advance(1)
    expect(await incr(store, 1_000, 2)).toEqual({ current: 1, ttl: 1_000 })
    for (let i = 0; i < 200; i++) await incr(store, 1_000, 2)
    expect((await incr(store, 1_000, 2)).ttl).toBe(36_600 * 86_400_000)
  })

  test('@nestjs/throttler: blocks for the block duration, and begins anew after it', async () => {
    const storage = throttlerStorage(memoryStore({ clock }))
    const hit = (limit = 2, block = 5_000) => storage.increment('k', WINDOW, limit, block, 'default')
    expect(await hit()).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 })
    advance(1_500)
    expect(await hit()).toEqual({ totalHits: 2, timeToExpire: 59, isBlocked: false, timeToBlockExpire: 0 })
    expect(await hit()).toMatchObject({ totalHits: 3, isBlocked: true, timeToBlockExpire: 5 })
    advance(4_999)
    expect(await hit()).toMatchObject({ totalHits: 3, isBlocked: true, timeToBlockExpire: 1 })
    advance(1)
    expect(await hit()).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 })
  })

  test('@nestjs/throttler: who is under way when a block begins neither passes nor counts', async () => {
    const memory = memoryStore({ clock })
    let release = (): void => undefined
    let hold: Promise<void> | undefined
    const store: Store = {
      ...memory,
      async decide(checks) {
        if (checks[0]?.cost === 1) await hold
        return memory.decide(checks)
      },
    }
    const storage = throttlerStorage(store)
    const hit = () => storage.increment('k', WINDOW, 1, 5_000, 'default')
    expect(await hit()).toMatchObject({ isBlocked: false })
    hold = new Promise((resolve) => {
      release = resolve
    })
    const late = [hit(), hit()]
    await new Promise(setImmediate)
    hold = undefined
    expect(await hit()).toMatchObject({ isBlocked: true })
    release()
    for (const record of late) expect(await record).toMatchObject({ isBlocked: true, timeToBlockExpire: 5 })
    advance(5_000)
    expect(await hit()).toMatchObject({ isBlocked: false, totalHits: 1 })
  })

  test('@nestjs/throttler: a block outlasts the window', async () => {
    const storage = throttlerStorage(memoryStore({ clock }))
    const hit = () => storage.increment('k', 1_000, 1, 5_000, 'default')
    expect([(await hit()).isBlocked, (await hit()).isBlocked]).toEqual([false, true])
    advance(4_999)
    expect(await hit()).toMatchObject({ totalHits: 2, isBlocked: true, timeToBlockExpire: 1 })
    advance(1)
    expect(await hit()).toMatchObject({ totalHits: 1, isBlocked: false })
  })

  test('@nestjs/throttler: without a block duration, until the window ends; with a limit of 0, nobody', async () => {
    const storage = throttlerStorage(memoryStore({ clock }))
    const hit = (limit: number, name = 'default') => storage.increment('k', WINDOW, limit, 0, name)
    expect(await hit(1)).toMatchObject({ isBlocked: false })
    advance(20_000)
    expect(await hit(1)).toMatchObject({ totalHits: 2, isBlocked: true, timeToBlockExpire: 40 })
    expect(await hit(0, 'other')).toMatchObject({ totalHits: 1, isBlocked: true })
    advance(40_000)
    expect(await hit(1)).toMatchObject({ totalHits: 1, isBlocked: false })
  })

  test('@nestjs/throttler: throttlers of one key are told apart by their names', async () => {
    const storage = throttlerStorage(memoryStore({ clock }))
    expect((await storage.increment('k', WINDOW, 1, 0, 'short')).totalHits).toBe(1)
    expect((await storage.increment('k', WINDOW, 1, 0, 'long')).totalHits).toBe(1)
    expect((await storage.increment('k', WINDOW, 1, WINDOW, 'short')).isBlocked).toBe(true)
    expect((await storage.increment('k', WINDOW, 2, WINDOW, 'long')).isBlocked).toBe(false)
  })
})

describe.each(backends)('on $name', ({ open }) => {
  test('hostile keys are counted like any key, and apart', async () => {
    const store = honoRateLimiterStore(await open())
    store.init({ windowMs: WINDOW })
    for (const round of [1, 2]) {
      for (const key of hostile) expect((await store.increment(key)).totalHits).toBe(round)
    }
    await store.resetKey('__proto__')
    expect(await store.get('__proto__')).toBeUndefined()
    expect((await store.get('constructor'))?.totalHits).toBe(2)
  })

  test('prefixes are counted apart, also where one begins like another', async () => {
    const store = await open()
    const [a, b, again] = ['a', 'ab', 'a'].map((prefix) => expressRateLimitStore(store, { prefix }))
    for (const each of [a, b, again]) each?.init({ windowMs: WINDOW })
    expect((await a?.increment('bk'))?.totalHits).toBe(1)
    expect((await b?.increment('k'))?.totalHits).toBe(1)
    expect((await again?.increment('bk'))?.totalHits).toBe(2)
  })

  test('first hits at once are each counted once, and a hit is taken back', async () => {
    const store = expressRateLimitStore(await open())
    store.init({ windowMs: WINDOW })
    const infos = await Promise.all(Array.from({ length: 100 }, () => store.increment('k')))
    const hits = infos.map(({ totalHits }) => totalHits).sort((a, b) => a - b)
    expect(hits).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    await Promise.all(Array.from({ length: 30 }, () => store.decrement('k')))
    expect((await store.get('k'))?.totalHits).toBe(70)
    for (let i = 0; i < 80; i++) await store.decrement('k')
    expect(await store.get('k')).toBeUndefined()
    await store.decrement('k')
    expect((await store.increment('k')).totalHits).toBe(1)
  })

  test('the window ends by the clock of the Headgate store', async () => {
    const store = expressRateLimitStore(await open())
    store.init({ windowMs: 1_000 })
    const first = await store.increment('k')
    expect((await store.increment('k')).totalHits).toBe(2)
    while (Date.now() < first.resetTime.getTime() + 100)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await store.get('k')).toBeUndefined()
    expect((await store.increment('k')).totalHits).toBe(1)
  })

  test('@nestjs/throttler: of requests at once exactly the limit pass, and none while a key is blocked', async () => {
    const storage = throttlerStorage(await open())
    const hit = () => storage.increment('k', WINDOW, 20, WINDOW, 'default')
    const records = await Promise.all(Array.from({ length: 100 }, hit))
    expect(records.filter(({ isBlocked }) => !isBlocked)).toHaveLength(20)
    expect(await hit()).toMatchObject({ isBlocked: true, totalHits: 21 })
  })

  test('@nestjs/throttler: after a block that is shorter than the window nothing counts, whoever asked meanwhile', async () => {
    const storage = throttlerStorage(await open())
    const hit = () => storage.increment('k', WINDOW, 5, 1_000, 'default')
    const records = await Promise.all(Array.from({ length: 100 }, hit))
    expect(records.filter(({ isBlocked }) => !isBlocked)).toHaveLength(5)
    expect(await unblocked(hit)).toMatchObject({ totalHits: 1 })
  })
})

test('two instances at one Redis count together', async () => {
  const stores = (await instances(2)).map((store) => expressRateLimitStore(store))
  for (const store of stores) store.init({ windowMs: WINDOW })
  const asked = Array.from({ length: 200 }, (_, i) => stores[i % 2]?.increment('k'))
  const hits = (await Promise.all(asked)).map((info) => info?.totalHits ?? 0).sort((a, b) => a - b)
  expect(hits).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
  const ends = await Promise.all(stores.map((store) => store.get('k')))
  expect(ends.map((info) => info?.totalHits)).toEqual([200, 200])
})

test('a hit takes two calls of the store; one that meets a block takes one, and one that begins a block four', async () => {
  const memory = memoryStore()
  let calls = 0
  const counted = <T>(call: Promise<T>): Promise<T> => {
    calls++
    return call
  }
  const store: Store = {
    ...memory,
    decide: (checks) => counted(memory.decide(checks)),
    delete: (keys) => counted(memory.delete(keys)),
  }
  const costOf = async (hit: () => Promise<unknown>): Promise<number> => {
    calls = 0
    await hit()
    return calls
  }
  const express = expressRateLimitStore(store)
  express.init({ windowMs: WINDOW })
  const throttle = () => throttlerStorage(store).increment('k', WINDOW, 1, WINDOW, 'default')
  expect(await costOf(() => express.increment('k'))).toBe(2)
  expect([await costOf(throttle), await costOf(throttle), await costOf(throttle)]).toEqual([2, 4, 1])
})

describe('wrappers decide while the store is away', () => {
  const make = async (onError: 'allow' | 'deny' | Store) => {
    const store = expressRateLimitStore(resilient(away, { onError }))
    store.init({ windowMs: WINDOW })
    return [await store.increment('k'), await store.increment('k')].map(({ totalHits }) => totalHits)
  }

  test('everybody is a first hit, or past every limit, or counted elsewhere', async () => {
    expect(await make('allow')).toEqual([1, 1])
    const denied = await make('deny')
    expect(Math.min(...denied)).toBeGreaterThan(1e15)
    expect(await make(memoryStore())).toEqual([1, 2])
  })

  test('@nestjs/throttler blocks through any of them', async () => {
    const stores = [
      resilient(memoryStore(), { onError: memoryStore() }),
      resilient(away, { onError: memoryStore() }),
      resilient(away, { onError: memoryStore(), share: 1 / 1_000_000 }),
      denialCache(memoryStore()),
      observed(
        denialCache(resilient(memoryStore(), { onError: memoryStore(), share: 1 / 4 })),
        () => undefined,
      ),
    ]
    const tried = stores.map(async (store) => {
      const storage = throttlerStorage(store)
      const hit = () => storage.increment('k', WINDOW, 2, 1_000, 'default')
      const records = await Promise.all(Array.from({ length: 20 }, hit))
      expect(records.filter(({ isBlocked }) => !isBlocked)).toHaveLength(2)
      expect(await unblocked(hit)).toMatchObject({ totalHits: 1 })
    })
    await Promise.all(tried)
  })

  test('and so for @nestjs/throttler', async () => {
    const ask = (onError: 'allow' | 'deny') =>
      throttlerStorage(resilient(away, { onError })).increment('k', WINDOW, 1, 0, 'default')
    expect(await ask('allow')).toMatchObject({ isBlocked: false, totalHits: 1 })
    expect(await ask('deny')).toMatchObject({ isBlocked: true, timeToBlockExpire: 1 })
  })
})

describe('misuse', () => {
  test('is refused when the store is made', () => {
    for (const make of [expressRateLimitStore, honoRateLimiterStore, throttlerStorage]) {
      expect(() => make({} as Store)).toThrow(HeadgateError)
      expect(() => make(memoryStore(), { prefix: 5 as unknown as string })).toThrow(
        /`prefix` must be a string/,
      )
    }
    expect(() => fastifyRateLimitStore(undefined as unknown as Store)).toThrow(/`store` must be a store/)
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, undefined])(
    'a window of %s',
    async (windowMs) => {
      const store = expressRateLimitStore(memoryStore())
      expect(() => store.init({ windowMs: windowMs as number })).toThrow(/windowMs/)
      await expect(store.increment('k')).rejects.toMatchObject({ code: 'INVALID_DURATION' })
    },
  )

  test('of a key that is none, and before the middleware said how long a window is', async () => {
    const store = expressRateLimitStore(memoryStore())
    await expect(store.increment('k')).rejects.toMatchObject({ code: 'INVALID_DURATION' })
    store.init({ windowMs: WINDOW })
    for (const key of [undefined, null, {}, ['k'], true]) {
      await expect(store.increment(key as unknown as string)).rejects.toMatchObject({ code: 'INVALID_KEY' })
      await expect(store.resetKey(key as unknown as string)).rejects.toMatchObject({ code: 'INVALID_KEY' })
    }
  })

  test('a window longer than a century ends after one', async () => {
    const clock = manualClock()
    const counter = createCounter(memoryStore({ clock }), 'p')
    const [seen] = await counter.look([counter.keyOf('k')])
    const { end } = await counter.hit(seen, Number.MAX_SAFE_INTEGER)
    expect(end - clock.now()).toBe(36_600 * 86_400_000_000)
  })

  test('a store that is shut down is closed, and says so', async () => {
    const store = honoRateLimiterStore(memoryStore())
    store.init({ windowMs: WINDOW })
    await store.shutdown()
    await expect(store.increment('k')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
})
