import { compileLimit, createLimiter, fixedWindow, manualClock, observed, tokenBucket } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ownMetrics, read, valuesOf } from './support.ts'

const hour = (limit: number) => fixedWindow({ limit, window: '1h' })

function setUp() {
  const metrics = ownMetrics()
  return { metrics, store: observed(memoryStore({ clock: manualClock() }), metrics.onEvent) }
}

test('what each limit said, and the units that were charged, by the names of limiter and limit', async () => {
  const { metrics, store } = setUp()
  const limiter = createLimiter({ store, name: 'api', limits: { few: hour(3), many: hour(10) } })
  await limiter.consume('a', { cost: 2 })
  limiter.consumeSync('a', { cost: { few: 1, many: 5 } })
  // Not one unit is left of `few`: of `many` there is, but nothing is charged.
  await limiter.consume('a')
  expect(await valuesOf(metrics, 'checks_total')).toEqual({
    'limit=few,limiter=api,outcome=allowed': 2,
    'limit=few,limiter=api,outcome=denied': 1,
    'limit=many,limiter=api,outcome=allowed': 3,
  })
  expect(await valuesOf(metrics, 'units_total')).toEqual({
    'limit=few,limiter=api': 3,
    'limit=many,limiter=api': 7,
  })
})

test('a limit that is only tried out denies as a shadow, and is charged only what fits', async () => {
  const { metrics, store } = setUp()
  const limiter = createLimiter({
    store,
    name: 'api',
    shadow: ['tried'],
    limits: { tried: hour(1), rate: hour(3) },
  })
  for (let i = 0; i < 4; i++) await limiter.consume('a')
  expect(await valuesOf(metrics, 'checks_total')).toEqual({
    'limit=rate,limiter=api,outcome=allowed': 3,
    'limit=rate,limiter=api,outcome=denied': 1,
    'limit=tried,limiter=api,outcome=allowed': 1,
    'limit=tried,limiter=api,outcome=shadow_denied': 3,
  })
  expect(await valuesOf(metrics, 'units_total')).toEqual({
    'limit=rate,limiter=api': 3,
    'limit=tried,limiter=api': 1,
  })
})

test('outcomes that a limit has not had yet are there as 0, so that their first one is seen', async () => {
  const { metrics, store } = setUp()
  await createLimiter({ store, limits: { rate: hour(3) } }).consume('a')
  const series = await read(metrics)
  expect(series.get('headgate_checks_total{limit="rate",limiter="default",outcome="denied"}')).toBe(0)
  expect(series.get('headgate_checks_total{limit="rate",limiter="default",outcome="shadow_denied"}')).toBe(0)
})

test('looks are neither checks nor units', async () => {
  const { metrics, store } = setUp()
  const limiter = createLimiter({ store, limits: { a: hour(1), b: hour(1) } })
  await limiter.peek('x')
  await limiter.explain('x')
  await limiter.consume('x', { cost: 0 })
  expect(await valuesOf(metrics, 'checks_total')).toEqual({})
  await limiter.consume('x', { cost: { a: 0 } })
  expect(await valuesOf(metrics, 'checks_total')).toEqual({ 'limit=b,limiter=default,outcome=allowed': 1 })
  expect(await valuesOf(metrics, 'units_total')).toEqual({ 'limit=b,limiter=default': 1 })
})

test('refunds and settlements; what marks a reservation as settled is no limit', async () => {
  const { metrics, store } = setUp()
  const limiter = createLimiter({ store, limits: { rate: hour(100) } })
  await limiter.refund(await limiter.consume('a', { cost: 5 }), 2)
  const [less, more, none] = await Promise.all([10, 10, 10].map((cost) => limiter.reserve('a', { cost })))
  await less?.commit(4)
  await more?.commit(13)
  await none?.cancel()
  expect(await valuesOf(metrics, 'units_total')).toEqual({ 'limit=rate,limiter=default': 35 })
  expect(await valuesOf(metrics, 'refunded_units_total')).toEqual({ 'limit=rate,limiter=default': 18 })
  expect(await valuesOf(metrics, 'forced_units_total')).toEqual({ 'limit=rate,limiter=default': 3 })
  expect(await valuesOf(metrics, 'checks_total')).toEqual({ 'limit=rate,limiter=default,outcome=allowed': 4 })
  expect(await metrics.register.metrics()).not.toContain('settled')
})

test('law: units − refunded + forced is what the store has counted', async () => {
  const step = fc.record({
    cost: fc.record({ a: fc.nat(4), b: fc.nat(4), c: fc.nat(4) }),
    actual: fc.option(fc.nat(6), { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const { metrics, store } = setUp()
      const sizes = { a: 12, b: 20, c: 9 }
      const limits = { a: hour(sizes.a), b: hour(sizes.b), c: hour(sizes.c) }
      const limiter = createLimiter({ store, limits, shadow: ['c'] })
      for (const { cost, actual } of steps) {
        const reservation = await limiter.reserve('x', { cost })
        if (actual !== undefined) await reservation.commit(actual)
      }
      const series = await read(metrics)
      const of = (name: string, limit: string): number =>
        series.get(`headgate_${name}{limit="${limit}",limiter="default"}`) ?? 0
      const { limits: figures } = await limiter.peek('x')
      for (const [name, { remaining }] of Object.entries(figures)) {
        const used =
          of('units_total', name) - of('refunded_units_total', name) + of('forced_units_total', name)
        const size = sizes[name as keyof typeof sizes]
        expect(remaining).toBe(Math.max(0, size - used))
      }
    }),
    { numRuns: 200 },
  )
})

test('no key is ever a label, whatever happens to it', async () => {
  const { metrics, store } = setUp()
  const limiter = createLimiter({
    store,
    limits: { rate: tokenBucket({ capacity: 2, refill: 1, per: '1h' }) },
  })
  for (const id of ['secret-1', 'secret-1', 'secret-1', 'secret-2'])
    metrics.decided(await limiter.consume(id))
  await limiter.refund(await limiter.consume('secret-3'))
  await limiter.reset('secret-1')
  expect(await metrics.register.metrics()).not.toContain('secret')
})

test('a store may be asked without a limiter, by any scope', async () => {
  const { metrics, store } = setUp()
  const rule = compileLimit(hour(3)).ruleAt(0)
  for (const scope of ['alone', 'a/b/c', '__proto__']) await store.decide([{ scope, id: 'x', rule, cost: 2 }])
  expect(await valuesOf(metrics, 'units_total')).toEqual({
    'limit=alone,limiter=': 2,
    'limit=b/c,limiter=a': 2,
    'limit=__proto__,limiter=': 2,
  })
})
