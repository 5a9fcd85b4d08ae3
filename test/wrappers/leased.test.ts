import { createModel, type LawName, laws } from '@headgate/conformance'
import {
  algorithmOf,
  compileLimit,
  createLimiter,
  fixedWindow,
  type LeaseEvent,
  type Limit,
  leakyBucket,
  leased,
  type Micros,
  manualClock,
  quota,
  type Rule,
  type State,
  type Store,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { sent } from './fake-store.ts'

/**
 * The laws that a lease keeps to the letter. The others speak of when a charge counts: what was taken in advance counts,
 * and drains, from when it was taken and not from when it is handed out, and what goes back is what has surely not drained.
 * So a meter's figures are up to a chunk, and up to `ttl`, from those of an exact store, and its bound has the ttl in it:
 * `within` states it. `sync answers like async` is for stores that answer at once, which a lease doesn't.
 */
const KEPT: readonly LawName[] = [
  'a denial leaves no debt',
  'a clock set back locks nobody out',
  'keys are isolated',
  'hostile ids are kept apart',
  'concurrent calls admit exactly the limit',
]

describe('leased keeps the laws that it can', () => {
  for (const law of laws.filter(({ name }) => KEPT.includes(name))) {
    it(law.name, () => law.check(() => leased(createModel(), { chunk: 3, ttl: '10s' })))
  }
})

const START = Date.UTC(2040, 0) * 1_000
const SCOPE = { scope: 's', id: 'u' }

interface Admission {
  readonly at: Micros
  readonly cost: number
}

/** The most that may be let in between the first and the last of these, when units may be handed out `ttl` after they count. */
function within(rule: Rule, admitted: readonly Admission[], ttl: Micros): boolean {
  const sum = (list: readonly Admission[]) => list.reduce((total, { cost }) => total + cost, 0)
  if (rule.algorithm === 'window') {
    const windowOf = (at: Micros) => Math.floor(at / rule.length)
    return admitted.every(
      ({ at }) => sum(admitted.filter((a) => windowOf(a.at) === windowOf(at))) <= rule.limit,
    )
  }
  return admitted.every((first, i) => {
    const later = admitted.slice(i)
    return later.every((last, n) => {
      const total = sum(later.slice(0, n + 1))
      if (rule.algorithm === 'meter') {
        const ticks = Math.floor(last.at / rule.tick) - Math.floor((first.at - ttl) / rule.tick)
        return total * rule.den <= rule.cap + ticks * rule.num
      }
      // Two counters let at most twice the limit through in a window: so much in each that the interval and the ttl touch.
      const windows = Math.floor(last.at / rule.length) - Math.floor((first.at - ttl) / rule.length) + 1
      return total <= rule.limit * windows
    })
  })
}

const limits: fc.Arbitrary<Limit> = fc.oneof(
  fc
    .record({ capacity: fc.integer({ min: 3, max: 40 }), refill: fc.constantFrom(1, 3, 10) })
    .map(({ capacity, refill }) => tokenBucket({ capacity, refill, per: '1s' })),
  fc.integer({ min: 3, max: 40 }).map((limit) => fixedWindow({ limit, window: '3s' })),
  fc.integer({ min: 3, max: 40 }).map((limit) => slidingWindow({ limit, window: '3s' })),
)
const step = fc.record({
  by: fc.integer({ min: 0, max: 2 }),
  wait: fc.oneof(fc.constantFrom(0, 0, 1, 999_999, 1_000_000), fc.integer({ min: 0, max: 4_000_000 })),
  cost: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 12 })),
  after: fc.constantFrom('keep', 'keep', 'keep', 'refund', 'close'),
})
const programs = fc.record({
  limit: limits,
  chunk: fc.integer({ min: 2, max: 10 }),
  ttl: fc.constantFrom(1, 500, 1_000, 5_000),
  steps: fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
})

/** Wrappers over one store, and callers without; each step may close a wrapper, and another takes its place. */
async function admissions(
  store: Store,
  { limit, chunk, ttl, steps }: typeof programs extends fc.Arbitrary<infer T> ? T : never,
  hits: (event: LeaseEvent) => void = () => undefined,
): Promise<Admission[]> {
  const make = () =>
    leased(
      { ...store, close: async () => undefined },
      { chunk, ttl, onEvent: (event) => (event.type === 'lease-hit' ? hits(event) : undefined) },
    )
  const stores = [make(), make(), store]
  const rule = compileLimit(limit).ruleAt(START)
  const admitted: Admission[] = []
  let now = START
  for (const { by, wait, cost, after } of steps) {
    now += wait
    const at = stores[by]!
    const outcome = await at.decide([{ ...SCOPE, rule, cost }], now)
    const { allowed, cells } = outcome.results[0]!
    if (allowed && cost > 0) {
      if (after === 'refund') {
        const charge: State = { units: rule.units, cells: algorithmOf(rule).receipt(cells) }
        await at.adjust([{ ...SCOPE, rule, units: -cost, charge }], now)
      } else admitted.push({ at: now, cost })
    }
    if (after === 'close' && by < 2) {
      await at.close()
      stores[by] = make()
    }
  }
  return admitted
}

test('several wrappers over one store never let in more than the limit promises for t + ttl', async () => {
  let hits = 0
  await fc.assert(
    fc.asyncProperty(programs, async (program) => {
      const admitted = await admissions(createModel(), program, () => hits++)
      const rule = compileLimit(program.limit).ruleAt(START)
      if (!within(rule, admitted, program.ttl * 1_000)) throw new Error(JSON.stringify(admitted))
    }),
    { numRuns: 2_000 },
  )
  expect(hits).toBeGreaterThan(1_000)
})

test('what is left goes back on close: afterwards the store counts what was handed out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 30 }),
      async (costs) => {
        const model = createModel()
        const rule = compileLimit(fixedWindow({ limit: 100, window: '1h' })).ruleAt(START)
        const store = leased({ ...model, close: async () => undefined }, { chunk: 7 })
        let used = 0
        for (const cost of costs) {
          const { results } = await store.decide([{ ...SCOPE, rule, cost }], START)
          expect(results[0]?.allowed).toBe(used + cost <= 100)
          if (results[0]?.allowed) used += cost
          expect(algorithmOf(rule).used(rule, results[0]!.cells, 0, START)).toBe(used)
        }
        await store.close()
        const { results } = model.decideSync([{ ...SCOPE, rule, cost: 0 }], START)
        expect(algorithmOf(rule).used(rule, results[0]!.cells, 0, START)).toBe(used)
      },
    ),
  )
})

/** A store that counts what it is asked, with the costs, and answers when it is told to, or at once. */
function spied(inner: Store) {
  const costs: number[] = []
  const refunds: number[] = []
  let held: Promise<void> | undefined
  const store: Store = {
    ...inner,
    async decide(checks, now) {
      costs.push(...checks.map(({ cost }) => cost))
      await held
      return inner.decide(checks, now)
    },
    async adjust(changes, now) {
      refunds.push(...changes.map(({ units }) => units))
      return inner.adjust(changes, now)
    },
  }
  return { store, costs, refunds, hold: (until: Promise<void> | undefined) => (held = until) }
}

const minute = { all: fixedWindow({ limit: 100, window: '1m' }) }

test('a chunk is asked for once, however many wait', async () => {
  const clock = manualClock()
  const { store, costs } = spied(memoryStore({ clock }))
  const limiter = createLimiter({ store: leased(store, { chunk: 10 }), limits: minute })
  const decisions = await Promise.all(Array.from({ length: 10 }, () => limiter.consume('u')))
  expect(costs).toEqual([10])
  expect(decisions.map(({ remaining }) => remaining)).toEqual([99, 98, 97, 96, 95, 94, 93, 92, 91, 90])
})

test('the last units are asked for exactly', async () => {
  const clock = manualClock()
  const { store, costs } = spied(memoryStore({ clock }))
  const limits = { all: fixedWindow({ limit: 25, window: '1m' }) }
  const limiter = createLimiter({ store: leased(store, { chunk: 10, ttl: '1m' }), limits })
  let allowed = 0
  for (let i = 0; i < 40; i++) if ((await limiter.consume('u')).allowed) allowed++
  expect(allowed).toBe(25)
  // Two chunks, a third that doesn't fit, five units one by one, and the denials.
  expect(costs).toEqual([10, 10, 10, 1, 1, 1, 1, 1, ...Array(15).fill(1)])
})

test('costs that don’t divide the chunk are put together from what is in hand and what is missing', async () => {
  const clock = manualClock()
  const { store, costs } = spied(memoryStore({ clock }))
  const limits = { all: fixedWindow({ limit: 12, window: '1m' }) }
  const limiter = createLimiter({ store: leased(store, { chunk: 5, ttl: '1m' }), limits })
  const allowed = []
  for (let i = 0; i < 5; i++) allowed.push((await limiter.consume('u', { cost: 3 })).allowed)
  expect(allowed).toEqual([true, true, true, true, false])
  expect(costs).toEqual([5, 5, 5, 2, 3])
})

test('what can’t be leased is passed on as it is', async () => {
  const clock = manualClock()
  const kinds: { readonly [kind: string]: Limit } = {
    log: slidingLog({ limit: 100, window: '1m' }),
    leaky: leakyBucket({ rate: 1, per: '1s', queue: 99 }),
    small: fixedWindow({ limit: 9, window: '1m' }),
  }
  for (const limit of Object.values(kinds)) {
    const { store, costs } = spied(memoryStore({ clock }))
    const limiter = createLimiter({ store: leased(store, { chunk: 10 }), limits: { limit } })
    await limiter.consume('u')
    await limiter.consume('u')
    expect(costs).toEqual([1, 1])
  }
  const { store, costs } = spied(memoryStore({ clock }))
  const both = createLimiter({ store: leased(store, { chunk: 10 }), limits: { ...minute, two: minute.all } })
  await both.consume('u')
  const shadow = createLimiter({ store: leased(store, { chunk: 10 }), limits: minute, shadow: true })
  await shadow.consume('v')
  expect(costs).toEqual([1, 1, 1])
})

test('a call under several limits is decided by all there is, also what was in hand', async () => {
  const clock = manualClock()
  const store = leased(memoryStore({ clock }), { chunk: 10 })
  const limits = { all: fixedWindow({ limit: 10, window: '1m' }) }
  const limiter = createLimiter({ store, limits })
  await limiter.consume('u')
  const two = { ...limits, other: fixedWindow({ limit: 100, window: '1m' }) }
  expect((await limiter.consume('u', { limits: two, cost: 9 })).allowed).toBe(true)
  expect((await limiter.consume('u')).allowed).toBe(false)
})

test('what is left goes back when the time is over, by a timer of its own', async () => {
  const { store, refunds } = spied(memoryStore())
  const events: string[] = []
  const wrapped = leased(store, { chunk: 10, ttl: 20, onEvent: ({ type }) => events.push(type) })
  const limiter = createLimiter({
    store: wrapped,
    limits: { all: fixedWindow({ limit: 100, window: '1d' }) },
  })
  await limiter.consume('u')
  await expect.poll(() => refunds, { timeout: 5_000 }).toEqual([-9])
  expect(
    (await createLimiter({ store, limits: { all: fixedWindow({ limit: 100, window: '1d' }) } }).peek('u'))
      .remaining,
  ).toBe(99)
  await wrapped.close()
  expect(events).toEqual(['lease-take', 'lease-return'])
})

test('a window’s units are not handed out in the next one', async () => {
  const clock = manualClock()
  const { store, costs } = spied(memoryStore({ clock }))
  const limits = { day: quota({ limit: 20, per: 'hour' }) }
  const limiter = createLimiter({ store: leased(store, { chunk: 10, ttl: '2h' }), limits })
  await limiter.consume('u')
  clock.advance('1h')
  const { remaining } = await limiter.consume('u')
  expect(costs).toEqual([10, 10])
  expect(remaining).toBe(19)
})

test('a reset forgets what is in hand, also while more is under way', async () => {
  const clock = manualClock()
  const { store, costs, refunds, hold } = spied(memoryStore({ clock }))
  const wrapped = leased(store, { chunk: 10 })
  const limiter = createLimiter({ store: wrapped, limits: minute })
  await limiter.consume('u')
  await limiter.reset('u')
  expect((await limiter.consume('u')).remaining).toBe(99)
  let release = (): void => undefined
  hold(new Promise((resolve) => (release = resolve)))
  const waiting = Promise.all([limiter.consume('v'), limiter.consume('v')])
  await sent()
  await limiter.reset('v')
  hold(undefined)
  release()
  expect((await waiting).map(({ allowed }) => allowed)).toEqual([true, true])
  expect(costs).toEqual([10, 10, 10, 10])
  await wrapped.close()
  expect(refunds).toEqual([-9, -9])
})

test('a refund of what was handed out reaches the store', async () => {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const limiter = createLimiter({ store: leased(inner, { chunk: 10 }), limits: minute })
  const [first] = await Promise.all([limiter.consume('u'), limiter.consume('u')])
  await limiter.refund(first!)
  expect((await limiter.peek('u')).remaining).toBe(99)
  expect((await createLimiter({ store: inner, limits: minute }).peek('u')).remaining).toBe(91)
})

test('no more keys than it may are leased, and the others are asked exactly', async () => {
  const clock = manualClock()
  const { store, costs } = spied(memoryStore({ clock }))
  const limiter = createLimiter({ store: leased(store, { chunk: 10, maxLeases: 2 }), limits: minute })
  for (const key of ['a', 'b', 'c', 'd', 'a', 'c']) await limiter.consume(key)
  expect(costs).toEqual([10, 10, 1, 1, 1])
})

test('when the store fails, all who wait for a chunk hear of it, and the next tries anew', async () => {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  let calls = 0
  const store: Store = {
    ...inner,
    decide: (checks, now) => (++calls === 1 ? Promise.reject(new Error('gone')) : inner.decide(checks, now)),
  }
  const limiter = createLimiter({ store: leased(store, { chunk: 10, maxLeases: 1 }), limits: minute })
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => limiter.consume('u')))
  expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
  expect(calls).toBe(1)
  // What failed holds no place: another key is leased.
  for (let i = 0; i < 5; i++) expect((await limiter.consume('v')).remaining).toBe(99 - i)
  expect(calls).toBe(2)
})

test('where a debt is charged nothing is left to be handed out', async () => {
  const clock = manualClock()
  const { store, refunds } = spied(memoryStore({ clock }))
  const limiter = createLimiter({ store: leased(store, { chunk: 10 }), limits: minute })
  const reservation = await limiter.reserve('u')
  await reservation.commit(100)
  expect(refunds).toEqual([-9, 99])
  expect(await limiter.consume('u')).toMatchObject({ allowed: false, remaining: 0 })
})

test('units that can’t be given back stay charged, and nothing rejects', async () => {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const events: string[] = []
  const store: Store = { ...inner, adjust: async () => Promise.reject(new Error('gone')) }
  const wrapped = leased(store, { chunk: 10, onEvent: ({ type }) => events.push(type) })
  await createLimiter({ store: wrapped, limits: minute }).consume('u')
  await wrapped.close()
  expect(events).toEqual(['lease-take', 'lease-lost'])
  await expect(createLimiter({ store: wrapped, limits: minute }).consume('u')).rejects.toMatchObject({
    code: 'STORE_CLOSED',
  })
})

test('a store whose clock can’t be read is believed to be as late as it can be', async () => {
  const { clock: _, ...inner } = memoryStore()
  const { store, costs } = spied(inner)
  const limiter = createLimiter({
    store: leased(store, { chunk: 10, ttl: '1m' }),
    limits: { all: tokenBucket({ capacity: 100, refill: 1, per: '1h' }) },
  })
  for (let i = 0; i < 10; i++) expect((await limiter.consume('u')).remaining).toBe(99 - i)
  expect(costs).toEqual([10])
})

test('more than the limit can hold is denied for good, whatever is in hand', async () => {
  const clock = manualClock()
  const store = leased(memoryStore({ clock }), { chunk: 10, ttl: '10s' })
  const limiter = createLimiter({
    store,
    limits: { all: tokenBucket({ capacity: 10, refill: 10, per: '1s' }) },
  })
  await limiter.consume('u')
  clock.advance('1s')
  expect(await limiter.consume('u', { cost: 11 })).toMatchObject({ allowed: false, retryAfterMs: null })
})

test('what ends while more is under way goes back', async () => {
  const { store, refunds, hold } = spied(memoryStore())
  const limiter = createLimiter({ store: leased(store, { chunk: 10, ttl: '1s' }), limits: minute })
  const now = START
  await limiter.consume('u', { cost: 8, now })
  let release = (): void => undefined
  hold(new Promise((resolve) => (release = resolve)))
  const waiting = limiter.consume('u', { cost: 5, now })
  await sent()
  const other = limiter.consume('v', { now: now + 1_000_000 })
  await sent()
  hold(undefined)
  release()
  expect((await waiting).allowed && (await other).allowed).toBe(true)
  expect(refunds).toEqual([-2])
})

test('what was taken in real time is not handed out in virtual time', async () => {
  const { store, costs } = spied(memoryStore())
  const limiter = createLimiter({ store: leased(store, { chunk: 10 }), limits: minute })
  await limiter.consume('u')
  await limiter.consume('u', { now: START })
  expect(costs).toEqual([10, 10])
})
