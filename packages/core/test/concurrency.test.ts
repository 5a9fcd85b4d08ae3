import {
  compileLimit,
  concurrency,
  createLimiter,
  denialCache,
  fixedWindow,
  parseLimit,
} from '@headgate/core'
import { describe, expect, test } from 'vitest'
import { mapStore, settled } from './support.ts'

const running = concurrency({ limit: 2, lease: '1m' })

function make() {
  const { store, clock } = mapStore()
  const limiter = createLimiter({ store, limits: { running } })
  const free = async () => (await limiter.peek('u')).limits.running.remaining
  return { store, clock, limiter, free }
}

describe('places', () => {
  test('are taken, and given back', async () => {
    const { limiter, clock, free } = make()
    const [one, two] = [await limiter.consume('u'), await limiter.consume('u')]
    expect([one.allowed, two.allowed]).toEqual([true, true])
    clock.advance(20_000)
    expect(await limiter.consume('u')).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 40_000 })
    expect((await limiter.consume('v')).allowed).toBe(true)
    await limiter.release(one)
    expect(await free()).toBe(1)
    expect((await limiter.consume('u')).allowed).toBe(true)
    expect(await free()).toBe(0)
  })

  test('that nobody gives back are free when their lease is over, and then they are others’', async () => {
    const { limiter, clock, free } = make()
    const late = await limiter.consume('u')
    await limiter.consume('u')
    clock.advance(59_999)
    expect(await free()).toBe(0)
    clock.advance(1)
    expect(await free()).toBe(2)
    await limiter.consume('u')
    await limiter.consume('u')
    await limiter.release(late)
    expect(await free()).toBe(0)
  })

  test('of one moment are told apart by how many they are', async () => {
    const { limiter, free } = make()
    const one = await limiter.consume('u')
    const two = await limiter.consume('u')
    await limiter.release(one)
    await limiter.release(one)
    expect(await free()).toBe(1)
    await limiter.release(two)
    expect(await free()).toBe(2)
  })

  test('are all that is given back, and only once', async () => {
    const { store, free } = make()
    const limits = { running, rate: fixedWindow({ limit: 10, window: '1h' }) }
    const limiter = createLimiter({ store, limits })
    const left = async () => [await free(), (await limiter.peek('u')).limits.rate.remaining]
    const decision = await limiter.consume('u', { cost: { running: 2, rate: 3 } })
    expect(await left()).toEqual([0, 7])
    await limiter.release(decision)
    expect(await left()).toEqual([2, 7])
    await limiter.consume('u', { cost: { running: 2, rate: 0 } })
    await limiter.refund(decision)
    expect(await left()).toEqual([0, 10])
  })

  test('that were refunded aren’t given back again', async () => {
    const { limiter, free } = make()
    const decision = await limiter.consume('u', { cost: 2 })
    await limiter.refund(decision, 1)
    expect(await free()).toBe(1)
    const other = await limiter.consume('u')
    await limiter.release(decision)
    expect(await free()).toBe(1)
    await limiter.refund(decision)
    expect(await free()).toBe(1)
    await limiter.release(other)
    expect(await free()).toBe(2)
  })

  test('nobody has who was denied, or only looked', async () => {
    const { limiter, free } = make()
    await limiter.consume('u', { cost: 2 })
    await limiter.release(await limiter.consume('u'))
    await limiter.release(await limiter.peek('v'))
    expect(await free()).toBe(0)
    expect((await limiter.consume('u', { cost: 3 })).retryAfterMs).toBe(null)
  })

  test('of a limit that is tried out are taken and given back too', async () => {
    const { store } = mapStore()
    const limiter = createLimiter({ store, limits: { running }, shadow: true })
    const decisions = [await limiter.consume('u'), await limiter.consume('u'), await limiter.consume('u')]
    expect(decisions.map(({ allowed, shadow }) => [allowed, shadow])).toEqual([
      [true, false],
      [true, false],
      [true, true],
    ])
    for (const decision of decisions) await limiter.release(decision)
    expect((await limiter.peek('u')).remaining).toBe(2)
  })
})

describe('a reservation', () => {
  test.each(['commit', 'cancel'] as const)('gives its place back by %s, in any process', async (verb) => {
    const { store, free } = make()
    const limits = { running, tokens: fixedWindow({ limit: 100, window: '1h' }) }
    const [here, there] = [createLimiter({ store, limits }), createLimiter({ store, limits })]
    const held = await here.reserve('u', { cost: { tokens: 50 } })
    expect(await free()).toBe(1)
    const settlement =
      verb === 'commit' ? await there.commit(held.id, { tokens: 80 }) : await there.cancel(held.id)
    expect(settlement).toEqual({ settled: true })
    expect(await free()).toBe(2)
    expect((await here.peek('u')).limits.tokens.remaining).toBe(verb === 'commit' ? 20 : 100)
    expect(await held.commit()).toMatchObject({ settled: false, reason: 'already' })
    expect(await free()).toBe(2)
  })

  test('that is committed as it is gives its place back', async () => {
    const { limiter, free } = make()
    const held = await limiter.reserve('u')
    await held.commit()
    expect(await free()).toBe(2)
  })
})

describe('who waits', () => {
  test('looks again soon, since a place may come back at any time', async () => {
    const { limiter, clock } = make()
    const holder = await limiter.consume('u', { cost: 2 })
    const order: string[] = []
    const waits = ['a', 'b'].map((name) => limiter.wait('u').then(() => order.push(name)))
    const advance = async (ms: number) => {
      await settled()
      clock.advance(ms)
      for (let i = 0; i < 5; i++) await settled()
    }
    await advance(25)
    expect(order).toEqual([])
    await limiter.release(holder)
    await advance(49)
    expect(order).toEqual([])
    await advance(1)
    await Promise.all(waits)
    expect(order).toEqual(['a', 'b'])
  })

  test('looks less often the longer it takes, and at least each second', async () => {
    const { store, clock } = mapStore()
    let looks = 0
    const counting = {
      ...store,
      decide(...args: Parameters<typeof store.decide>) {
        looks++
        return store.decide(...args)
      },
    }
    const limiter = createLimiter({ store: counting, limits: { running }, clock })
    await limiter.consume('u', { cost: 2 })
    const waiting = limiter.wait('u')
    for (let i = 0; i < 61_000; i += 5) {
      clock.advance(5)
      await settled()
      await settled()
    }
    expect((await waiting).allowed).toBe(true)
    // 25, 50, … 800 ms, and then a minute of seconds.
    expect(looks).toBeGreaterThan(60)
    expect(looks).toBeLessThan(70)
  })
})

test('a cache of denials asks the store, where places may have come back elsewhere', async () => {
  const { store, clock } = mapStore()
  const limits = { running }
  const there = createLimiter({ store, limits })
  const here = createLimiter({ store: denialCache(store), limits, clock })
  const decision = await there.consume('u', { cost: 2 })
  expect((await here.consume('u')).allowed).toBe(false)
  await there.release(decision)
  expect((await here.consume('u')).allowed).toBe(true)
})

test('what can’t be meant is an error', async () => {
  const { limiter } = make()
  const decision = await limiter.consume('u')
  const copy = { ...decision }
  await expect(limiter.release(copy as typeof decision)).rejects.toMatchObject({ option: 'decision' })
  await expect(limiter.release(decision, { now: 0.5 })).rejects.toMatchObject({ option: 'now' })
  expect(() => concurrency({ limit: 10_001, lease: '1m' })).toThrow(
    /`limit` must be a whole number from 1 to 10000/,
  )
  expect(() => concurrency({ limit: 1, lease: 0 })).toThrow(/`lease`/)
  expect(() => concurrency({ limit: 1, lease: '40000d' })).toThrow(/`lease` is longer than a century/)
  expect(() => parseLimit({ algorithm: 'concurrency', limit: 1, window: '1m' })).toThrow(
    /`window` must be left out/,
  )
})

test('it is plain data, and put into words', async () => {
  expect(parseLimit(JSON.parse(JSON.stringify(running)))).toEqual(running)
  expect(compileLimit(running).ruleAt(0)).toMatchObject({ algorithm: 'sliding-log', limit: 2, held: true })
  const { limiter } = make()
  expect((await limiter.explain('u')).text).toContain('running: at most 2 at once, none for longer than 1m.')
})
