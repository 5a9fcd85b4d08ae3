import {
  casStore,
  compileLimit,
  createLimiter,
  fixedWindow,
  HeadgateError,
  type Limiter,
  manualClock,
  type SyncLimiter,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { describe, expect, expectTypeOf, test } from 'vitest'

const hourly = { rate: fixedWindow({ limit: 2, window: '1h' }) }

function make(maxKeys: number) {
  const clock = manualClock()
  const store = memoryStore({ maxKeys, clock })
  return { clock, store, limiter: createLimiter({ store, limits: hourly }) }
}

describe('answers at once', () => {
  test('with the same decision as later', async () => {
    const { limiter } = make(10)
    expect(limiter.consumeSync('u')).toMatchObject({ allowed: true, remaining: 1 })
    expect(await limiter.consume('u')).toMatchObject({ allowed: true, remaining: 0 })
    const denied = limiter.consumeSync('u')
    expect(denied).toMatchObject({ allowed: false, binding: 'rate' })
    expect(limiter.peekSync('u').remaining).toBe(0)
    limiter.resetSync('u')
    const decision = limiter.consumeSync('u', { cost: 2 })
    limiter.refundSync(decision, 1)
    expect(limiter.peekSync('u').remaining).toBe(1)
  })

  test('in the types only where the store can', () => {
    const { limiter } = make(10)
    expectTypeOf(limiter).toEqualTypeOf<SyncLimiter<typeof hourly, unknown>>()
    const backend = { load: async () => [], compareAndSet: async () => true, delete: async () => {} }
    const awaited = createLimiter({ store: casStore(backend), limits: hourly })
    expectTypeOf(awaited).toEqualTypeOf<Limiter<typeof hourly, unknown>>()
    expect('consumeSync' in awaited).toBe(false)
  })

  test('but not with limits that are picked later', () => {
    const limiter = createLimiter({ store: memoryStore(), limits: async () => hourly })
    expect(() => limiter.consumeSync('u')).toThrow(/answers at once/)
  })
})

describe('a full table', () => {
  test('gives the places of empty entries to new subjects', () => {
    const { limiter, store, clock } = make(2)
    limiter.consumeSync('a')
    limiter.consumeSync('b')
    clock.advance('1h')
    limiter.consumeSync('b')
    expect(limiter.consumeSync('c').remaining).toBe(1)
    expect(store.stats()).toEqual({ keys: 2, evicted: 1, overflowed: 0 })
    expect(limiter.peekSync('b').remaining).toBe(1)
  })

  test('of which none is empty lets new subjects share entries, says so, and never forgets a denial', () => {
    const { limiter, store, clock } = make(2)
    for (const id of ['a', 'a', 'b', 'b']) expect(limiter.consumeSync(id).allowed).toBe(true)
    const allowed = Array.from({ length: 20_000 }, (_, i) => limiter.consumeSync(`new-${i}`).allowed).filter(
      Boolean,
    )
    // 1,024 shared entries of two units each, and every one is used up.
    expect(allowed).toHaveLength(2_048)
    expect(limiter.consumeSync('a').allowed).toBe(false)
    expect(limiter.consumeSync('b').allowed).toBe(false)
    expect(store.stats()).toMatchObject({ keys: 2, evicted: 0, overflowed: 2_048 })
    clock.advance('1h')
    for (const id of ['a', 'new-1', 'new-2']) expect(limiter.consumeSync(id).remaining).toBe(1)
  })

  test('keeps what was charged to a shared entry when the subject gets its own', () => {
    const clock = manualClock()
    const store = memoryStore({ maxKeys: 1, clock })
    const limits = {
      short: fixedWindow({ limit: 5, window: '1m' }),
      long: fixedWindow({ limit: 5, window: '1h' }),
    }
    const limiter = createLimiter({ store, limits })
    limiter.consumeSync('a', { cost: { short: 5, long: 0 } })
    limiter.consumeSync('b', { cost: 5 })
    expect(store.stats()).toMatchObject({ keys: 1, overflowed: 2 })
    clock.advance('1m')
    expect(limiter.consumeSync('b', { cost: { long: 1 } })).toMatchObject({ allowed: false, binding: 'long' })
    limiter.consumeSync('b', { cost: { long: 0 } })
    expect(store.stats()).toMatchObject({ keys: 1, evicted: 1 })
    expect(limiter.peekSync('b').limits.long.remaining).toBe(0)
  })

  test('finds an empty entry wherever it is among many', () => {
    const clock = manualClock()
    const store = memoryStore({ maxKeys: 1_000, clock })
    const limits = { rate: tokenBucket({ capacity: 100, refill: 1, per: '1s' }) }
    const limiter = createLimiter({ store, limits })
    for (let i = 0; i < 1_000; i++) limiter.consumeSync(`u${i}`, { cost: i === 777 ? 1 : 100 })
    clock.advance('1s')
    // A new subject looks at 64 entries: after at most 16 of them the whole table has been seen.
    for (let i = 0; i < 16 && store.stats().evicted === 0; i++) limiter.consumeSync(`new-${i}`)
    expect(store.stats()).toMatchObject({ keys: 1_000, evicted: 1 })
    for (let i = 0; i < 1_000; i++) {
      if (i !== 777) expect(limiter.peekSync(`u${i}`).remaining).toBe(1)
    }
  })

  test('does not look for empty entries before there can be one, and does again after a refund', () => {
    const { limiter, store } = make(3)
    const decisions = ['a', 'b', 'c'].map((id) => limiter.consumeSync(id))
    for (let i = 0; i < 10; i++) limiter.consumeSync(`new-${i}`)
    expect(store.stats().evicted).toBe(0)
    limiter.refundSync(decisions[1]!)
    limiter.consumeSync('late')
    expect(store.stats()).toMatchObject({ keys: 3, evicted: 1 })
    expect(limiter.peekSync('a').remaining).toBe(1)
  })
})

test('many keys are counted each by itself, also those that make room for others', () => {
  const { limiter, store, clock } = make(20_000)
  const ids = Array.from({ length: 20_000 }, (_, n) => `user:${n}`)
  const taking = () => ids.filter((id) => limiter.consumeSync(id).allowed)
  expect(taking()).toHaveLength(20_000)
  expect(taking()).toHaveLength(20_000)
  expect(taking()).toHaveLength(0)
  const third = ids.filter((_, n) => n % 3 === 0)
  for (const id of third) limiter.resetSync(id)
  expect(taking()).toEqual(third)
  clock.advance('1h')
  const others = Array.from({ length: 20_000 }, (_, n) => `other:${n}`)
  expect(others.filter((id) => limiter.consumeSync(id).remaining !== 1)).toEqual([])
  expect(store.stats()).toEqual({ keys: 20_000, evicted: 20_000, overflowed: 0 })
  expect(ids.filter((id) => limiter.peekSync(id).remaining !== 2)).toEqual([])
})

describe('states', () => {
  test('of several limits and limiters share a subject, whatever their kinds', () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const a = createLimiter({
      store,
      name: 'a',
      limits: { bucket: tokenBucket({ capacity: 5, refill: 1, per: '1s' }) },
    })
    const b = createLimiter({
      store,
      name: 'b',
      limits: {
        log: slidingLog({ limit: 3, window: '1m' }),
        window: fixedWindow({ limit: 4, window: '1m' }),
      },
    })
    a.consumeSync('u', { cost: 2 })
    b.consumeSync('u', { cost: 1 })
    expect(a.peekSync('u').remaining).toBe(3)
    expect(b.peekSync('u').limits).toMatchObject({ log: { remaining: 2 }, window: { remaining: 3 } })
    expect(store.stats().keys).toBe(1)
    b.resetSync('u')
    expect(a.peekSync('u').remaining).toBe(3)
    a.resetSync('u')
    expect(store.stats().keys).toBe(0)
  })

  test('are carried over when a scope changes to a wider kind', () => {
    const clock = manualClock()
    const limiter = createLimiter({
      store: memoryStore({ clock }),
      limits: { rate: tokenBucket({ capacity: 9, refill: 1, per: '1h' }) },
    })
    for (let i = 0; i < 200; i++) limiter.consumeSync(`u${i}`, { cost: (i % 9) + 1 })
    const wider = { rate: fixedWindow({ limit: 9, window: '1h' }) }
    for (let i = 0; i < 200; i++)
      expect(limiter.peekSync(`u${i}`, { limits: wider }).remaining).toBe(8 - (i % 9))
    limiter.consumeSync('u0', { limits: wider })
    for (let i = 1; i < 200; i++) expect(limiter.peekSync(`u${i}`).remaining).toBe(8 - (i % 9))
    expect(limiter.peekSync('u0').remaining).toBe(7)
  })
})

test('an adjustment of nothing leaves a state in the units in which it was written', async () => {
  const store = memoryStore()
  const [old, changed] = [slidingWindow({ limit: 2, window: '1d' }), slidingLog({ limit: 1, window: 1 })]
  const key = { scope: 's', id: 'u' }
  const now = Date.UTC(2026, 0, 1) * 1_000
  const ruleOf = (limit: typeof old | typeof changed) => compileLimit(limit).ruleAt(now)
  store.decideSync([{ ...key, rule: ruleOf(old), cost: 2 }], now)
  store.adjustSync([{ ...key, rule: ruleOf(changed), units: 0 }], now)
  // Carried over only now, so what was used a millisecond ago still counts.
  const { results } = store.decideSync([{ ...key, rule: ruleOf(changed), cost: 1 }], now + 1_000)
  expect(results[0]?.allowed).toBe(false)
})

test('options that cannot be meant, and a closed store, are errors', async () => {
  for (const maxKeys of [0, -1, 1.5, Number.NaN, 2 ** 25, '5']) {
    expect(() => memoryStore({ maxKeys: maxKeys as number })).toThrow(HeadgateError)
  }
  const store = memoryStore()
  const limiter = createLimiter({ store, limits: hourly })
  await store.close()
  await expect(limiter.consume('u')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await expect(limiter.reset('u')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  expect(() => limiter.consumeSync('u')).toThrow(/closed/)
})
