import { createModel, type LawName, laws } from '@headgate/conformance'
import {
  compileLimit,
  createLimiter,
  type Decision,
  fixedWindow,
  HeadgateError,
  type Limit,
  leakyBucket,
  manualClock,
  type ResilientOptions,
  resilient,
  type Store,
  type StoreEvent,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import { type FakeStore, fakeStore, type Mood } from './fake-store.ts'

const limits = { rate: fixedWindow({ limit: 8, window: '1m' }) }
const kinds: { readonly [kind: string]: Limit } = {
  bucket: tokenBucket({ capacity: 8, refill: 8, per: '1d' }),
  leaky: leakyBucket({ rate: 8, per: '1d', queue: 7 }),
  window: fixedWindow({ limit: 8, window: '1d' }),
  sliding: slidingWindow({ limit: 8, window: '1d' }),
  log: slidingLog({ limit: 8, window: '1d' }),
}

function setUp(options: Partial<ResilientOptions> = {}) {
  const clock = manualClock()
  const primary = fakeStore(memoryStore({ clock }))
  const events: StoreEvent[] = []
  const store = resilient(primary, { onError: 'allow', onEvent: (event) => events.push(event), ...options })
  return { clock, primary, events, store, limiter: createLimiter({ store, limits }) }
}

describe('when a call fails', () => {
  const moods: readonly Mood[] = ['reject', 'throw']
  for (const mood of moods) {
    test(`by ${mood}, the declared choice decides and says why`, async () => {
      const { primary, limiter } = setUp()
      primary.mood = mood
      expect(await limiter.consume('u')).toMatchObject({
        allowed: true,
        remaining: 7,
        degraded: 'failed: Error',
      })
      primary.error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
      expect(await limiter.consume('u')).toMatchObject({ remaining: 7, degraded: 'failed: ECONNREFUSED' })
      primary.error = 'a string'
      expect(await limiter.consume('u')).toMatchObject({ allowed: true, degraded: 'failed' })
      primary.mood = 'ok'
      expect(await limiter.consume('u')).toMatchObject({ remaining: 7, degraded: null })
    })
  }

  test('the decision says so under one limit and under several, awaited, peeked at, reserved and explained', async () => {
    const { primary, store } = setUp({ breaker: false })
    primary.mood = 'reject'
    const two = { ...limits, more: fixedWindow({ limit: 100, window: '1h' }) }
    for (const limiter of [createLimiter({ store, limits }), createLimiter({ store, limits: two })]) {
      const degraded = 'failed: Error'
      expect(await limiter.consume('u')).toMatchObject({ allowed: true, degraded })
      expect(await limiter.peek('u', { cost: 9 })).toMatchObject({ allowed: false, degraded })
      expect(await limiter.wait('u')).toMatchObject({ allowed: true, degraded })
      expect((await limiter.explain('u')).decision).toMatchObject({ allowed: true, degraded })
      const { decision } = await limiter.reserve('u')
      expect(decision).toMatchObject({ allowed: true, degraded })
    }
  })

  test('a cost that never fits is not let in by a failure', async () => {
    const { primary, limiter } = setUp()
    primary.mood = 'reject'
    expect(await limiter.consume('u', { cost: 9 })).toMatchObject({ allowed: false, retryAfterMs: null })
  })

  test('misuse is passed on, decides nothing, and does not count', async () => {
    const { primary, store, limiter } = setUp({ breaker: { minimumCalls: 1 } })
    primary.mood = 'reject'
    for (const code of [
      'INVALID_KEY',
      'INVALID_COST',
      'NOT_EXACT',
      'UNKNOWN_LIMIT',
      'STORE_CLOSED',
    ] as const) {
      primary.error = new HeadgateError({ code, message: 'no', fix: 'do' })
      await expect(limiter.consume('u')).rejects.toBe(primary.error)
      expect(store.state).toBe('closed')
    }
    for (const code of ['STORE_FAILED', 'STORE_CONTENDED', 'STORE_OVERLOADED'] as const) {
      primary.error = new HeadgateError({ code, message: 'no', fix: 'do' })
      const { limiter: another, primary: broken } = setUp()
      Object.assign(broken, { mood: 'reject', error: primary.error })
      expect(await another.consume('u')).toMatchObject({ allowed: true, degraded: `failed: ${code}` })
    }
  })

  test('nothing is sent twice', async () => {
    const { primary, limiter } = setUp()
    primary.mood = 'reject'
    await limiter.consume('u')
    await limiter.refund(await limiter.consume('u'))
    expect(primary.calls).toBe(2)
  })
})

describe('deny', () => {
  for (const [kind, limit] of Object.entries(kinds)) {
    test(`says to come back in a moment, under a ${kind} of a day`, async () => {
      const { primary, store } = setUp({ onError: 'deny', breaker: false })
      primary.mood = 'reject'
      const limiter = createLimiter({ store, limits: { limit } })
      expect(await limiter.consume('u', { cost: 3 })).toMatchObject({
        allowed: false,
        remaining: 0,
        retryAfterMs: 1_000,
        resetAfterMs: 1_000,
        degraded: 'failed: Error',
      })
      expect(await limiter.peek('u')).toMatchObject({ allowed: false, retryAfterMs: 1_000 })
      expect(await limiter.consume('u', { cost: 0 })).toMatchObject({ allowed: false, retryAfterMs: 1_000 })
      expect(await limiter.consume('u', { cost: 9 })).toMatchObject({ allowed: false, retryAfterMs: null })
    })
  }

  test('while the breaker is open, when it lets somebody try', async () => {
    const { primary, store, limiter } = setUp({
      onError: 'deny',
      breaker: { minimumCalls: 1, openFor: '30s' },
    })
    primary.mood = 'reject'
    await limiter.consume('u')
    expect(store.state).toBe('open')
    const { retryAfterMs, degraded } = await limiter.consume('u')
    expect(degraded).toBe('breaker-open')
    expect(retryAfterMs).toBeGreaterThan(1_000)
    expect(retryAfterMs).toBeLessThanOrEqual(30_000)
  })

  test('a limit that is only tried out stops nobody', async () => {
    const { primary, store } = setUp({ onError: 'deny' })
    primary.mood = 'reject'
    const limiter = createLimiter({ store, limits, shadow: true })
    expect(await limiter.consume('u')).toMatchObject({ allowed: true, shadow: false })
  })
})

describe('in time', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  test('a call that hangs is decided at the deadline, and what it answers later is ignored', async () => {
    const { primary, limiter, events } = setUp({ timeout: 50, breaker: false })
    primary.mood = 'late'
    const decision = limiter.consume('u')
    const early = vi.fn()
    void decision.then(early)
    await vi.advanceTimersByTimeAsync(49)
    expect(early).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(20)
    expect(await decision).toMatchObject({ allowed: true, degraded: 'timeout' })
    primary.release()
    await vi.advanceTimersByTimeAsync(1)
    expect(events.filter(({ type }) => type === 'degraded')).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('an answer in time leaves no timer behind, and a rejection after the deadline is nobody’s', async () => {
    const { primary, limiter, store } = setUp({ timeout: 50, breaker: false })
    await limiter.consume('u')
    expect(vi.getTimerCount()).toBe(0)
    let fail = (_: Error): void => undefined
    primary.decide = () => new Promise((_, reject) => (fail = reject))
    const decision = store.decide([], 0)
    await vi.advanceTimersByTimeAsync(100)
    expect((await decision).degraded).toBe('timeout')
    fail(new Error('too late'))
    await vi.advanceTimersByTimeAsync(1)
  })

  test('a store that hangs gets a bounded number of calls, and is back within a second of being back', async () => {
    const { primary, limiter, store, events } = setUp()
    primary.mood = 'hang'
    // A thousand callers at once, and then one every ten milliseconds for a minute.
    const decisions: Promise<Decision>[] = Array.from({ length: 1_000 }, () => limiter.consume('u'))
    await vi.advanceTimersByTimeAsync(300)
    expect(store.state).toBe('open')
    for (let i = 0; i < 6_000; i++) {
      decisions.push(limiter.consume('u'))
      await vi.advanceTimersByTimeAsync(10)
    }
    // A probe for each time that it was open, half a second and the probe's own time.
    expect(primary.calls).toBeGreaterThan(1_000 + 60)
    expect(primary.calls).toBeLessThan(1_000 + 120)
    primary.mood = 'ok'
    for (let i = 0; i < 100; i++) {
      decisions.push(limiter.consume('u'))
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(store.state).toBe('closed')
    const settled = await Promise.all(decisions)
    expect(settled.every(({ allowed, degraded }) => allowed || degraded === null)).toBe(true)
    expect(settled.slice(-1)[0]?.degraded).toBe(null)
    const changes = events.flatMap((event) => (event.type === 'breaker' ? [event.to] : []))
    expect([changes[0], changes.at(-2), changes.at(-1)]).toEqual(['open', 'half-open', 'closed'])
  })
})

describe('a fallback', () => {
  /** What a process has: a wrapper around the common primary, and a store of its own. */
  const process = (primary: Store, share: number, clock = manualClock()) => {
    const local = memoryStore({ clock })
    return { local, store: resilient(primary, { onError: local, share, breaker: false }) }
  }

  for (const [kind, limit] of Object.entries(kinds)) {
    test(`decides by its share, and gives the figures of it, under a ${kind}`, async () => {
      const { primary, clock } = setUp()
      primary.mood = 'reject'
      const { store } = process(primary, 1 / 4, clock)
      const limiter = createLimiter({ store, limits: { limit } })
      expect(await limiter.consume('u')).toMatchObject({ allowed: true, remaining: 1 })
      expect(await limiter.consume('u')).toMatchObject({ allowed: true, remaining: 0 })
      const denied = await limiter.consume('u')
      expect(denied).toMatchObject({ allowed: false, remaining: 0 })
      clock.advance((denied.retryAfterMs as number) - 1)
      expect((await limiter.consume('u')).allowed).toBe(false)
      clock.advance(1)
      expect((await limiter.consume('u')).allowed).toBe(true)
      expect(await limiter.consume('u', { cost: 3 })).toMatchObject({ allowed: false, retryAfterMs: null })
    })
  }

  test('processes with a share each never let in more than the limit together', async () => {
    const anyLimit = fc.oneof(
      fc
        .record({ capacity: fc.integer({ min: 3, max: 50 }), refill: fc.constantFrom(1, 7, 100) })
        .map(({ capacity, refill }) => tokenBucket({ capacity, refill, per: '1s' })),
      fc.integer({ min: 3, max: 50 }).map((limit) => slidingLog({ limit, window: '1s' })),
      fc.integer({ min: 3, max: 50 }).map((limit) => fixedWindow({ limit, window: '1s' })),
    )
    await fc.assert(
      fc.asyncProperty(
        anyLimit,
        fc.integer({ min: 1, max: 3 }),
        fc.array(
          fc.record({
            by: fc.nat({ max: 2 }),
            wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900_000 })),
            cost: fc.integer({ min: 1, max: 6 }),
          }),
          { minLength: 10, maxLength: 60, size: 'max' },
        ),
        async (limit, count, steps) => {
          const primary = fakeStore(memoryStore())
          primary.mood = 'reject'
          const processes = Array.from({ length: count }, () => process(primary, 1 / count))
          const rule = compileLimit(limit).ruleAt(0)
          const admitted: { at: number; cost: number }[] = []
          let now = 2 ** 51
          for (const { by, wait, cost } of steps) {
            now += wait
            const { store } = processes[by % count]!
            const { results } = await store.decide([{ scope: 's', id: 'u', rule, cost }], now)
            if (results[0]?.allowed) admitted.push({ at: now, cost })
          }
          for (const first of admitted) {
            let sum = 0
            for (const { at, cost } of admitted.slice(admitted.indexOf(first))) {
              sum += cost
              if (rule.algorithm === 'meter') {
                const ticks = Math.floor(at / rule.tick) - Math.floor(first.at / rule.tick)
                expect(sum * rule.den).toBeLessThanOrEqual(rule.cap + ticks * rule.num)
              } else {
                const sameWindow =
                  rule.algorithm === 'window'
                    ? Math.floor(at / 1_000_000) === Math.floor(first.at / 1_000_000)
                    : at - first.at < 1_000_000
                if (sameWindow) expect(sum).toBeLessThanOrEqual(rule.limit)
              }
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a limit of which there is no such share is refused, also while all is well', async () => {
    const { store } = process(setUp().primary, 1 / 9)
    await expect(createLimiter({ store, limits }).consume('u')).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'share',
    })
  })

  test('what it charged is given back to it, and what the primary charged to the primary', async () => {
    const { primary, clock } = setUp()
    const { store, local } = process(primary, 1 / 2, clock)
    const limiter = createLimiter({ store, limits })
    const [here, there] = [createLimiter({ store: local, limits }), createLimiter({ store: primary, limits })]
    const first = await limiter.consume('u', { cost: 3 })
    primary.mood = 'reject'
    const second = await limiter.consume('u', { cost: 2 })
    expect(second.degraded).not.toBe(null)
    primary.mood = 'ok'
    await limiter.refund(second)
    expect((await there.peek('u')).remaining).toBe(5)
    expect((await here.peek('u')).remaining).toBe(8)
    await limiter.refund(first)
    expect((await there.peek('u')).remaining).toBe(8)
  })

  test('what nobody charged is given back to nobody', async () => {
    const { primary, limiter } = setUp()
    await limiter.consume('u', { cost: 5 })
    primary.mood = 'reject'
    const uncounted = await limiter.consume('u', { cost: 5 })
    primary.mood = 'ok'
    await limiter.refund(uncounted)
    expect((await limiter.peek('u')).remaining).toBe(3)
  })

  test('reservations are settled where they were made, also after an outage, also by their id', async () => {
    const { primary, clock } = setUp()
    const { store, local } = process(primary, 1 / 2, clock)
    const limiter = createLimiter({ store, limits, name: 'api' })
    const here = createLimiter({ store: local, limits, name: 'api' })
    primary.mood = 'reject'
    const during = await limiter.reserve('u', { cost: 2 })
    const after = await limiter.reserve('u', { cost: 2 })
    expect(await during.commit(1)).toEqual({ settled: true })
    expect(await during.commit(1)).toEqual({ settled: false, reason: 'already' })
    expect((await here.peek('u')).remaining).toBe(5)
    primary.mood = 'ok'
    expect(await limiter.cancel(after.id)).toEqual({ settled: true })
    expect((await here.peek('u')).remaining).toBe(7)
    expect((await limiter.peek('u')).remaining).toBe(8)
  })

  test('what another process’s own fallback charged is not given back to this one’s', async () => {
    const { primary, clock } = setUp()
    const [one, two] = [process(primary, 1 / 2, clock), process(primary, 1 / 2, clock)]
    primary.mood = 'reject'
    const { id } = await createLimiter({ store: one.store, limits }).reserve('u', { cost: 2 })
    const other = createLimiter({ store: two.store, limits })
    await other.consume('u', { cost: 3 })
    primary.mood = 'ok'
    expect(await other.cancel(id)).toEqual({ settled: true })
    primary.mood = 'reject'
    expect((await other.peek('u')).remaining).toBe(1)
  })

  test('a settlement of a mixed reservation reaches both', async () => {
    const { primary, clock, store } = setUp({ onError: memoryStore(), breaker: false })
    const rule = compileLimit(limits.rate).ruleAt(0)
    const key = { scope: 's', rule }
    const now = clock.now()
    const charge = async (id: string) => {
      const { results } = await store.decide([{ ...key, id, cost: 3 }], now)
      const { cells, rule: by = rule } = results[0]!
      return { ...key, id, units: -2, charge: { units: by.units, cells } }
    }
    const first = await charge('a')
    primary.mood = 'reject'
    const second = await charge('b')
    primary.mood = 'ok'
    const { results } = await store.adjust([second, first, { ...second, id: 'c', charge: first.charge }], now)
    expect(results.map(({ cells }) => Array.from(cells)[2] ?? 0)).toEqual([1, 1, 0])
  })

  test('a reset forgets at both', async () => {
    const { primary, clock } = setUp()
    const { store } = process(primary, 1, clock)
    const limiter = createLimiter({ store, limits })
    await limiter.consume('u')
    primary.mood = 'reject'
    await limiter.consume('u')
    primary.mood = 'ok'
    await limiter.reset('u')
    expect((await limiter.peek('u')).remaining).toBe(8)
    primary.mood = 'reject'
    expect((await limiter.peek('u')).remaining).toBe(8)
  })

  test('its own trouble is said too, and its errors are the caller’s', async () => {
    const [first, second] = [fakeStore(memoryStore()), fakeStore(memoryStore())]
    first.mood = 'reject'
    second.mood = 'reject'
    const inner = resilient(second, { onError: 'allow' })
    const nested = createLimiter({ store: resilient(first, { onError: inner }), limits })
    const decision = await nested.consume('u')
    expect(decision.degraded).toBe('failed: Error; failed: Error')
    await nested.refund(decision)
    expect(first.calls + second.calls).toBe(2)
    const bare = createLimiter({ store: resilient(first, { onError: second }), limits })
    await expect(bare.consume('u')).rejects.toBe(second.error)
  })
})

describe('what has no second choice', () => {
  test('a refund, a settlement and a reset reject when the store is away', async () => {
    const { primary, limiter } = setUp({ breaker: { minimumCalls: 2, openFor: '1m' } })
    const [decision, reservation] = [await limiter.consume('u'), await limiter.reserve('u')]
    primary.mood = 'reject'
    await expect(limiter.refund(decision)).rejects.toBe(primary.error)
    await expect(reservation.cancel()).rejects.toBe(primary.error)
    await expect(limiter.reset('u')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(primary.calls).toBe(4)
  })
})

test('close closes both stores, and nothing is allowed after it', async () => {
  const { primary, store, limiter } = setUp({ breaker: { minimumCalls: 1 } })
  primary.mood = 'reject'
  await limiter.consume('u')
  await store.close()
  await expect(limiter.consume('u')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  const local = memoryStore()
  await resilient(memoryStore(), { onError: local }).close()
  expect(() => local.decideSync([])).toThrow(/closed/)
})

test('options are checked when the store is made', () => {
  const store = memoryStore()
  const make = (options: object) => () => resilient(store, options as ResilientOptions)
  expect(make({})).toThrow(/onError/)
  expect(make({ onError: 'wait' })).toThrow(/onError/)
  expect(make({ onError: {} })).toThrow(/onError/)
  expect(make({ onError: store })).toThrow(/onError/)
  expect(make({ onError: 'deny', share: 1 / 2 })).toThrow(/share/)
  expect(make({ onError: memoryStore(), share: 0.3 })).toThrow(/share/)
  expect(make({ onError: 'deny', timeout: '30d' })).toThrow(/timeout/)
  expect(make({ onError: 'deny', timeout: 0 })).toThrow(/timeout/)
  expect(() => resilient({} as FakeStore, { onError: 'deny' })).toThrow(/store/)
  expect(resilient(store, { onError: 'deny' }).name).toBe('resilient(memory)')
})

describe('a fallback that decides everything keeps the laws', () => {
  /** They charge, give back and reset by hand, without the mark that a fallback leaves: such changes are the primary's. */
  const BY_HAND: readonly LawName[] = [
    'equals the model',
    'expiry is invisible',
    'a clock set back is followed',
    'retry is tight',
    'remaining is exact',
    'takes add up',
    'a refund undoes a take',
    'a denial leaves no debt',
    'a changed limit keeps what was used',
    'keys are isolated',
    'hostile ids are kept apart',
    'calls at once are as one by one',
    'a debt is paid',
  ]
  const broken = (): Store => {
    const primary = fakeStore(createModel())
    primary.mood = 'reject'
    return resilient(primary, { onError: memoryStore(), breaker: false })
  }
  for (const law of laws) {
    if (BY_HAND.includes(law.name) || law.promise !== undefined) continue
    it(law.name, () => law.check(broken))
  }
})
