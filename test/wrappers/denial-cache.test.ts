import { createModel, laws } from '@headgate/conformance'
import {
  compileLimit,
  createLimiter,
  type DenialCacheOptions,
  denialCache,
  fixedWindow,
  manualClock,
  resilient,
  type Store,
  slidingLog,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeStore, sent } from './fake-store.ts'

const limits = { rate: tokenBucket({ capacity: 5, refill: 1, per: '1s' }) }

function setUp(options?: DenialCacheOptions) {
  const clock = manualClock()
  const inner = fakeStore(memoryStore({ clock }))
  const limiter = createLimiter({ store: denialCache(inner as Store, options), limits })
  return { clock, inner, limiter }
}

test('a denial is repeated without asking, to the microsecond of its end', async () => {
  const { clock, inner, limiter } = setUp()
  for (let i = 0; i < 6; i++) await limiter.consume('u')
  expect(inner.calls).toBe(6)
  for (const left of [1_000, 900, 1]) {
    clock.set(clock.now() - (clock.now() % 1_000_000) + (1_000 - left) * 1_000)
    expect(await limiter.consume('u')).toMatchObject({ allowed: false, retryAfterMs: left })
  }
  expect(inner.calls).toBe(6)
  clock.advance(1)
  expect((await limiter.consume('u')).allowed).toBe(true)
  expect(inner.calls).toBe(7)
})

test('a denial says nothing of smaller costs, and all of larger ones', async () => {
  const { inner, limiter } = setUp()
  await limiter.consume('u', { cost: 3 })
  expect((await limiter.consume('u', { cost: 3 })).allowed).toBe(false)
  expect(inner.calls).toBe(2)
  expect(await limiter.consume('u', { cost: 4 })).toMatchObject({ allowed: false, retryAfterMs: 2_000 })
  expect(await limiter.consume('u', { cost: 6 })).toMatchObject({ allowed: false, retryAfterMs: null })
  expect(inner.calls).toBe(2)
  expect((await limiter.consume('u', { cost: 2 })).allowed).toBe(true)
  // The state that this left is known too.
  expect(await limiter.consume('u', { cost: 1 })).toMatchObject({ allowed: false, retryAfterMs: 1_000 })
  expect(inner.calls).toBe(3)
})

test('a limit that was raised, or is of another kind, asks again', async () => {
  const { inner, limiter } = setUp()
  for (let i = 0; i < 6; i++) await limiter.consume('u')
  const raised = { rate: tokenBucket({ capacity: 6, refill: 1, per: '1s' }) }
  expect((await limiter.consume('u', { limits: raised })).allowed).toBe(true)
  expect((await limiter.consume('u', { limits: raised })).allowed).toBe(false)
  const calls = inner.calls
  const other = { rate: slidingLog({ limit: 5, window: '1s' }) }
  expect((await limiter.consume('u', { limits: other })).allowed).toBe(false)
  expect(inner.calls).toBe(calls + 1)
})

test('a refund and a reset are noticed', async () => {
  const { inner, limiter } = setUp()
  const taken = await limiter.consume('u', { cost: 5 })
  expect((await limiter.consume('u')).allowed).toBe(false)
  await limiter.refund(taken, 1)
  expect((await limiter.consume('u')).allowed).toBe(true)
  expect((await limiter.consume('u')).allowed).toBe(false)
  await limiter.reset('u')
  expect((await limiter.consume('u')).allowed).toBe(true)
  expect(inner.calls).toBe(7)
})

test('a denial that was under way when a reset came is not kept', async () => {
  const { inner, limiter } = setUp()
  await limiter.consume('u', { cost: 5 })
  inner.mood = 'late'
  const denied = limiter.consume('u')
  await sent()
  inner.mood = 'ok'
  await limiter.reset('u')
  inner.release()
  expect((await denied).allowed).toBe(false)
  expect((await limiter.consume('u')).allowed).toBe(true)
})

test('also a reset that failed may have been carried out', async () => {
  const { inner, limiter } = setUp()
  await limiter.consume('u', { cost: 5 })
  await limiter.consume('u')
  inner.mood = 'reject'
  await expect(limiter.reset('u')).rejects.toBe(inner.error)
  inner.mood = 'ok'
  const { calls } = inner
  await limiter.consume('u')
  expect(inner.calls).toBe(calls + 1)
})

test('after maxAge the store is asked again, for others may have given back', async () => {
  const clock = manualClock()
  const inner = fakeStore(memoryStore({ clock }))
  const quota = { rate: fixedWindow({ limit: 1, window: '1d' }) }
  const limiter = createLimiter({ store: denialCache(inner as Store, { maxAge: '10s' }), limits: quota })
  const other = createLimiter({ store: inner as Store, limits: quota })
  await limiter.consume('u')
  await limiter.consume('u')
  await other.reset('u')
  clock.advance('10s')
  expect((await limiter.consume('u')).allowed).toBe(false)
  clock.advance(1)
  expect((await limiter.consume('u')).allowed).toBe(true)
})

test('under several limits the one that denies is enough, and the others are as last seen', async () => {
  const clock = manualClock()
  const inner = fakeStore(memoryStore({ clock }))
  const both = {
    own: fixedWindow({ limit: 1, window: '1m' }),
    all: fixedWindow({ limit: 100, window: '1m' }),
  }
  const limiter = createLimiter({ store: denialCache(inner as Store), limits: both })
  const keyOf = (own: string) => ({ own, all: 'everybody' })
  await limiter.consume(keyOf('u'))
  expect((await limiter.consume(keyOf('u'))).binding).toBe('own')
  await limiter.consume(keyOf('v'))
  const { calls } = inner
  const denied = await limiter.consume(keyOf('u'))
  expect(denied).toMatchObject({ allowed: false, binding: 'own' })
  expect(denied.limits.all.remaining).toBe(98)
  expect(inner.calls).toBe(calls)
})

test('no denial by a failure is kept', async () => {
  const clock = manualClock()
  const inner = fakeStore(memoryStore({ clock }))
  const guarded = resilient(inner, { onError: 'deny' })
  const limiter = createLimiter({ store: denialCache(guarded), limits })
  inner.mood = 'reject'
  expect((await limiter.consume('u')).allowed).toBe(false)
  inner.mood = 'ok'
  expect((await limiter.consume('u')).allowed).toBe(true)
  // Nor one of a store that says so and leaves no other trace.
  const plain = memoryStore({ clock })
  const said: Store = {
    ...plain,
    decide: async (checks, now) => ({ ...(await plain.decide(checks, now)), degraded: 'elsewhere' }),
  }
  let hits = 0
  const other = createLimiter({ store: denialCache(said, { onEvent: () => hits++ }), limits })
  for (let i = 0; i < 3; i++) expect((await other.consume('u', { cost: 6 })).degraded).toBe('elsewhere')
  expect(hits).toBe(0)
})

test('it holds as many keys as it may', async () => {
  const { inner, limiter } = setUp({ maxKeys: 10 })
  const deny = async (key: string) => (await limiter.consume(key, { cost: 6 })).allowed
  for (let i = 0; i < 100; i++) expect(await deny(`${i}`)).toBe(false)
  const { calls } = inner
  for (let i = 95; i < 100; i++) await deny(`${i}`)
  expect(inner.calls).toBe(calls)
  for (let i = 0; i < 90; i++) await deny(`${i}`)
  expect(inner.calls).toBe(calls + 90)
})

test('keys are told apart, however they are cut', async () => {
  const { inner, clock } = setUp()
  const store = denialCache(inner as Store)
  const rule = compileLimit(limits.rate).ruleAt(0)
  const deny = (scope: string, id: string) => store.decide([{ scope, id, rule, cost: 6 }], clock.now())
  await deny('a', 'bc')
  await deny('ab', 'c')
  await deny('ab', 'c')
  expect(inner.calls).toBe(2)
})

test('after it was closed it answers nothing by itself', async () => {
  const store = denialCache(memoryStore())
  const limiter = createLimiter({ store, limits })
  await limiter.consume('u', { cost: 6 })
  await store.close()
  await expect(limiter.consume('u', { cost: 6 })).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

test('it answers at once where the store does', () => {
  const clock = manualClock()
  const store = denialCache(memoryStore({ clock }))
  const limiter = createLimiter({ store, limits })
  const events: string[] = []
  const cached = createLimiter({
    store: denialCache(store, { onEvent: ({ type }) => events.push(type) }),
    limits,
  })
  cached.consumeSync('u', { cost: 5 })
  cached.consumeSync('u')
  cached.consumeSync('u')
  expect(limiter.peekSync('u').allowed).toBe(false)
  expect(events).toEqual(['denial-hit'])
})

describe('a store whose clock can’t be read', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  test('is never thought to deny for longer than it does', async () => {
    const clock = manualClock()
    const { clock: _, ...hidden } = memoryStore({ clock })
    const inner = fakeStore(hidden)
    const limiter = createLimiter({ store: denialCache(inner as Store), limits })
    const pass = (ms: number) => {
      clock.advance(ms)
      vi.advanceTimersByTime(ms)
    }
    await limiter.consume('u', { cost: 5 })
    // Decided at once, but the answer is 400 ms on its way: those count as if they had passed before.
    inner.mood = 'late'
    const denied = limiter.consume('u')
    await sent()
    pass(400)
    inner.release()
    expect((await denied).retryAfterMs).toBe(1_000)
    inner.mood = 'ok'
    const { calls } = inner
    expect((await limiter.consume('u')).retryAfterMs).toBe(600)
    pass(599)
    expect(await limiter.consume('u')).toMatchObject({ allowed: false, retryAfterMs: 1 })
    expect(inner.calls).toBe(calls)
    pass(1)
    expect((await limiter.consume('u')).allowed).toBe(true)
  })

  test('and is asked about what was seen in virtual time only in virtual time', async () => {
    const { clock: _, ...hidden } = memoryStore()
    const inner = fakeStore(hidden)
    const limiter = createLimiter({ store: denialCache(inner as Store), limits })
    await limiter.consume('u', { cost: 6, now: 1_000_000 })
    await limiter.consume('u', { cost: 6, now: 1_000_000 })
    expect(inner.calls).toBe(1)
    await limiter.consume('u', { cost: 6 })
    expect(inner.calls).toBe(2)
  })
})

test('the laws are held while it does answer by itself', async () => {
  let hits = 0
  for (const law of laws.filter(({ name }) => name === 'equals the model' || name === 'all or nothing')) {
    await law.check(() => denialCache(createModel(), { onEvent: () => hits++ }), { runs: 200 })
  }
  expect(hits).toBeGreaterThan(50)
})

test('options are checked', () => {
  for (const options of [{ maxKeys: 1 }, { maxKeys: 2.5 }, { maxAge: 0 }] as DenialCacheOptions[]) {
    expect(() => denialCache(memoryStore(), options)).toThrow(/maxKeys|maxAge/)
  }
  expect(denialCache(memoryStore()).name).toBe('denialCache(memory)')
})
