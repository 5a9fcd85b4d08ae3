import {
  createLimiter,
  fixedWindow,
  HeadgateError,
  type Limits,
  leakyBucket,
  quota,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { mapStore } from './support.ts'

const bucket = tokenBucket({ capacity: 10, refill: 30, per: '1m' })
const daily = quota({ limit: 12, per: 'day' })

describe('consume', () => {
  test('tells what is left, when it is whole again, and when to come back', async () => {
    const { store, clock } = mapStore()
    const limiter = createLimiter({ store, limits: { burst: bucket } })
    const first = await limiter.consume('u')
    expect(JSON.parse(JSON.stringify(first))).toEqual({
      allowed: true,
      cost: 1,
      remaining: 9,
      resetAfterMs: 2_000,
      retryAfterMs: 0,
      delayMs: 0,
      binding: 'burst',
      degraded: null,
      shadow: false,
      limits: {
        burst: {
          allowed: true,
          cost: 1,
          remaining: 9,
          resetAfterMs: 2_000,
          retryAfterMs: 0,
          delayMs: 0,
          shadow: false,
        },
      },
    })
    for (let i = 0; i < 9; i++) await limiter.consume('u')
    const denied = await limiter.consume('u', { cost: 3 })
    expect(denied).toMatchObject({
      allowed: false,
      remaining: 0,
      retryAfterMs: 6_000,
      resetAfterMs: 20_000,
      binding: 'burst',
    })
    clock.advance(5_999)
    expect((await limiter.consume('u', { cost: 3 })).allowed).toBe(false)
    clock.advance(1)
    expect((await limiter.consume('u', { cost: 3 })).allowed).toBe(true)
  })

  test('takes from all limits or from none, and names the one that binds', async () => {
    const { store } = mapStore()
    const limiter = createLimiter({ store, limits: { burst: bucket, daily } })
    for (let i = 0; i < 10; i++) await limiter.consume('u')
    const denied = await limiter.consume('u')
    expectTypeOf(denied.binding).toEqualTypeOf<'burst' | 'daily'>()
    expectTypeOf(denied.limits.daily.remaining).toEqualTypeOf<number>()
    expect(denied.binding).toBe('burst')
    expect(denied.limits).toMatchObject({ burst: { allowed: false }, daily: { allowed: true, remaining: 2 } })
  })

  test('a cost that never fits says so', async () => {
    const limiter = createLimiter({ store: mapStore().store, limits: { burst: bucket } })
    expect(await limiter.consume('u', { cost: 11 })).toMatchObject({
      allowed: false,
      retryAfterMs: null,
      remaining: 10,
    })
    expect(await limiter.consume('u', { cost: Number.MAX_SAFE_INTEGER })).toMatchObject({
      allowed: false,
      retryAfterMs: null,
    })
  })

  test('each limit can have its own key and its own cost', async () => {
    const limiter = createLimiter({
      store: mapStore().store,
      limits: {
        perUser: fixedWindow({ limit: 2, window: '1h' }),
        tokens: fixedWindow({ limit: 1_000, window: '1h' }),
      },
    })
    const ask = (user: string, tokens: number) =>
      limiter.consume({ perUser: user, tokens: 'all' }, { cost: { tokens } })
    expect((await ask('a', 400)).limits).toMatchObject({
      perUser: { cost: 1, remaining: 1 },
      tokens: { cost: 400, remaining: 600 },
    })
    expect((await ask('b', 500)).binding).toBe('tokens')
    const denied = await ask('c', 200)
    expect(denied).toMatchObject({ allowed: false, binding: 'tokens', remaining: 100, cost: 200 })
    expect((await limiter.peek({ perUser: 'c', tokens: 'all' })).limits.perUser.remaining).toBe(2)
  })

  test('limits can be given per call, or picked from a context, also later', async () => {
    const plans = {
      free: { rate: fixedWindow({ limit: 1, window: '1h' }) },
      pro: { rate: fixedWindow({ limit: 3, window: '1h' }) },
    }
    const picked = createLimiter({
      store: mapStore().store,
      limits: (context: { plan: 'free' | 'pro' }) => plans[context.plan],
    })
    const later = createLimiter({
      store: mapStore().store,
      limits: async (context: { plan: 'free' | 'pro' }) => plans[context.plan],
    })
    const given = createLimiter({ store: mapStore().store, limits: plans.free })
    for (const ask of [
      (plan: 'free' | 'pro') => picked.consume('u', { context: { plan } }),
      (plan: 'free' | 'pro') => later.consume('u', { context: { plan } }),
      (plan: 'free' | 'pro') => given.consume('u', { limits: plans[plan] }),
    ]) {
      expect((await ask('free')).allowed).toBe(true)
      expect((await ask('free')).allowed).toBe(false)
      // A better plan keeps what was used: one of three.
      expect(await ask('pro')).toMatchObject({ allowed: true, remaining: 1 })
      expect(await ask('pro')).toMatchObject({ allowed: true, remaining: 0 })
      expect((await ask('pro')).allowed).toBe(false)
    }
  })

  test('the types ask for the context where limits are picked from one, and only there', async () => {
    const limits = { rate: fixedWindow({ limit: 1, window: '1h' }) }
    const picked = createLimiter({ store: mapStore().store, limits: (_: { plan: string }) => limits })
    // @ts-expect-error the context is missing
    await picked.consume('u')
    // @ts-expect-error and so it is here
    await picked.peek('u', { cost: 1 })
    await picked.peek('u', { context: { plan: 'free' } })
    const fixed = createLimiter({ store: mapStore().store, limits })
    await fixed.consume('u', { cost: { rate: 1 } })
    // @ts-expect-error there is no such limit
    await expect(fixed.consume('u', { cost: { rte: 1 } })).rejects.toMatchObject({ code: 'UNKNOWN_LIMIT' })
    const other = await fixed.peek('u', { limits: { special: fixedWindow({ limit: 1, window: '1h' }) } })
    expectTypeOf(other.binding).toEqualTypeOf<'special'>()
  })

  test('limits that are tried out count but never deny', async () => {
    const limiter = createLimiter({
      store: mapStore().store,
      limits: {
        old: fixedWindow({ limit: 5, window: '1h' }),
        strict: fixedWindow({ limit: 1, window: '1h' }),
      },
      shadow: ['strict'],
    })
    expect(await limiter.consume('u')).toMatchObject({
      allowed: true,
      shadow: false,
      binding: 'old',
      remaining: 4,
    })
    const second = await limiter.consume('u')
    expect(second).toMatchObject({ allowed: true, shadow: true, binding: 'old', remaining: 3 })
    expect(second.limits.strict).toMatchObject({ allowed: false, shadow: true, remaining: 0 })
  })

  test('a leaky bucket tells how long to wait', async () => {
    const limiter = createLimiter({
      store: mapStore().store,
      limits: { out: leakyBucket({ rate: 4, per: '1s', queue: 2 }) },
    })
    const delays = []
    for (let i = 0; i < 4; i++) delays.push((await limiter.consume('u')).delayMs)
    expect(delays).toEqual([0, 250, 500, 0])
    expect(await limiter.consume('u')).toMatchObject({ allowed: false, retryAfterMs: 250 })
  })

  test('keys and costs that cannot be meant are errors', async () => {
    const limiter = createLimiter({ store: mapStore().store, limits: { burst: bucket } })
    for (const key of ['', undefined, null, 5, {}, { burst: '' }, []]) {
      await expect(limiter.consume(key as string)).rejects.toMatchObject({ code: 'INVALID_KEY' })
    }
    for (const cost of [-1, 0.5, Number.NaN, 2 ** 53, '1', null, { burst: -1 }]) {
      await expect(limiter.consume('u', { cost: cost as number })).rejects.toMatchObject({
        code: 'INVALID_COST',
      })
    }
    await expect(limiter.consume('u', { cost: { brust: 1 } as never })).rejects.toMatchObject({
      code: 'UNKNOWN_LIMIT',
    })
    await expect(limiter.consume('u', { now: 1.5 })).rejects.toMatchObject({ code: 'INVALID_TIME' })
    expect((await limiter.peek('u')).remaining).toBe(10)
  })

  test('options that cannot be meant are errors', () => {
    const { store } = mapStore()
    const make = (options: object) => () =>
      createLimiter({ store, limits: { burst: bucket }, ...options } as never)
    expect(make({ store: {} })).toThrow(HeadgateError)
    expect(make({ limits: {} })).toThrow(/at least one/)
    expect(make({ limits: { 'a b': bucket } })).toThrow(/name/)
    expect(make({ limits: { ['__proto__']: bucket } })).toThrow(/name/)
    expect(make({ limits: { burst: { algorithm: 'token-bucket', capacity: 0 } } })).toThrow(/capacity/)
    expect(make({ name: 'a/b' })).toThrow(/name/)
    expect(make({ shadow: ['other'] })).toThrow(/no limit/)
  })

  test('limiters that share a store are kept apart by name', async () => {
    const { store } = mapStore()
    const limits = { burst: fixedWindow({ limit: 1, window: '1h' }) }
    const [a, b] = [createLimiter({ store, limits, name: 'a' }), createLimiter({ store, limits, name: 'b' })]
    expect((await a.consume('u')).allowed).toBe(true)
    expect((await b.consume('u')).allowed).toBe(true)
    expect((await a.consume('u')).allowed).toBe(false)
  })
})

describe('peek, refund, reset, explain', () => {
  test('peek and a cost of 0 take nothing', async () => {
    const { store, entries } = mapStore()
    const limiter = createLimiter({ store, limits: { burst: bucket } })
    expect(await limiter.peek('u', { cost: 10 })).toMatchObject({ allowed: true, remaining: 10 })
    expect(await limiter.peek('u', { cost: 11 })).toMatchObject({ allowed: false, retryAfterMs: null })
    expect(await limiter.consume('u', { cost: 0 })).toMatchObject({ allowed: true, remaining: 10 })
    expect(entries.size).toBe(0)
  })

  test('a refund gives back what was taken, once', async () => {
    const limiter = createLimiter({ store: mapStore().store, limits: { burst: bucket, daily } })
    const decision = await limiter.consume('u', { cost: 4 })
    await limiter.refund(decision, 1)
    expect((await limiter.peek('u')).limits).toMatchObject({
      burst: { remaining: 7 },
      daily: { remaining: 9 },
    })
    await limiter.refund(decision)
    await limiter.refund(decision)
    expect((await limiter.peek('u')).limits).toMatchObject({
      burst: { remaining: 10 },
      daily: { remaining: 12 },
    })
  })

  test('a refund never lands in another window than the one charged', async () => {
    const { store, clock } = mapStore()
    const limits = {
      fixed: fixedWindow({ limit: 10, window: '1m' }),
      sliding: slidingWindow({ limit: 10, window: '1m' }),
    }
    const limiter = createLimiter({ store, limits })
    const old = await limiter.consume('u', { cost: 5 })
    clock.advance('2m')
    await limiter.consume('u', { cost: 5 })
    await limiter.refund(old)
    expect((await limiter.peek('u')).limits).toMatchObject({
      fixed: { remaining: 5 },
      sliding: { remaining: 5 },
    })
  })

  test('what has drained away is not given back again', async () => {
    const { store, clock } = mapStore()
    const limiter = createLimiter({ store, limits: { burst: bucket } })
    const old = await limiter.consume('u', { cost: 5 })
    clock.advance('20s')
    await limiter.consume('u', { cost: 10 })
    await limiter.refund(old)
    expect((await limiter.peek('u')).remaining).toBe(0)
  })

  test('a refund can be given its time, as in a simulation', async () => {
    const limiter = createLimiter({ store: mapStore().store, limits: { burst: bucket } })
    const now = Date.UTC(2030, 0, 1) * 1_000
    const decision = await limiter.consume('u', { cost: 10, now })
    await limiter.refund(decision, 5, { now: now + 2_000_000 })
    expect((await limiter.peek('u', { now: now + 2_000_000 })).remaining).toBe(6)
    await expect(limiter.refund(decision, 1, { now: -1 })).rejects.toMatchObject({ code: 'INVALID_TIME' })
  })

  test('refunds of what is no decision are errors', async () => {
    const limiter = createLimiter({ store: mapStore().store, limits: { burst: bucket } })
    const decision = await limiter.consume('u')
    await expect(limiter.refund({ ...decision } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(limiter.refund(decision, -1)).rejects.toMatchObject({ option: 'units' })
  })

  test('reset forgets', async () => {
    const limiter = createLimiter({ store: mapStore().store, limits: { burst: bucket, daily } })
    await limiter.consume('u', { cost: 9 })
    await limiter.reset('u')
    expect((await limiter.peek('u')).limits).toMatchObject({
      burst: { remaining: 10 },
      daily: { remaining: 12 },
    })
  })

  test('explain says it in words, and takes nothing', async () => {
    const { store, clock } = mapStore()
    const limiter = createLimiter({ store, limits: { burst: bucket, daily } })
    clock.advance('1h')
    await limiter.consume('u', { cost: 10 })
    const { text, decision, limits } = await limiter.explain('u', { cost: 2 })
    expect(decision.allowed).toBe(false)
    expect(limits.map(({ name }) => name)).toEqual(['burst', 'daily'])
    expect(text.split('\n')).toEqual([
      'Denied by burst for 4s.',
      'burst: 30 per 1m, bursts up to 10. 0 left, all of it in 20s; a cost of 2 fits in 4s.',
      'daily: at most 12 a day (UTC). 2 left, all of it in 23h; a cost of 2 fits.',
    ])
    expect((await limiter.explain('u', { cost: 13 })).text).toContain('more than it ever holds')
  })
})

test('limits may be called as what every object has', async () => {
  const own = {
    constructor: fixedWindow({ limit: 5, window: '1h' }),
    toString: fixedWindow({ limit: 5, window: '1h' }),
  }
  const limiter = createLimiter({ store: mapStore().store, limits: own as Limits })
  const { limits } = await limiter.consume('u', { cost: { toString: 3 } as never })
  expect([limits['constructor']?.remaining, limits['toString']?.remaining]).toEqual([4, 2])
  await expect(limiter.consume({ toString: 'u' } as never)).rejects.toMatchObject({
    code: 'INVALID_KEY',
    message: expect.stringContaining('"constructor" must be a string that isn\'t empty, not undefined'),
  })
})
