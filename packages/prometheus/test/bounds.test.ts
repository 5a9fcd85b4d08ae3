import { createLimiter, type Decision, fixedWindow, observed } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { ownMetrics, read, valuesOf } from './support.ts'

let allowed: Decision
let denied: Decision

beforeAll(async () => {
  const limits = {
    hourly: fixedWindow({ limit: 1, window: '1h' }),
    daily: fixedWindow({ limit: 1, window: '2h' }),
  }
  const limiter = createLimiter({ store: memoryStore(), limits })
  allowed = await limiter.consume('a')
  denied = await limiter.consume('a')
})

test('decisions, by what they are told beside and by the limit that denied', async () => {
  const metrics = ownMetrics()
  metrics.decided(allowed)
  metrics.decided(allowed, { limiter: 'api', plan: 'free' })
  metrics.decided(denied, { plan: 'free' })
  // A guard passes the request as well.
  metrics.onDecision(...([denied, { plan: 'x', limiter: 'x' }] as unknown as [Decision]))
  expect(await valuesOf(metrics, 'decisions_total')).toEqual({
    'binding=,degraded=false,limiter=,outcome=allowed,plan=': 1,
    'binding=,degraded=false,limiter=api,outcome=allowed,plan=free': 1,
    [`binding=${denied.binding},degraded=false,limiter=,outcome=denied,plan=free`]: 1,
    [`binding=${denied.binding},degraded=false,limiter=,outcome=denied,plan=`]: 1,
  })
  expect(denied.binding).not.toBe('')
})

const hostile = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'other',
    '',
    'a,b:c',
    'a"} 1\nx{b="',
    '\\',
    '\u0000',
    '\ud800',
    'é',
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.nat(50).map(String),
  fc.constant('x'.repeat(100_000)),
  fc.constantFrom(null, 5, Number.NaN, {}, Symbol('s')).map((value) => value as unknown as string),
)

test('law: however many labels come from outside, nothing throws, no count is lost, and series are bounded', async () => {
  const maxSeries = 5
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(hostile, hostile)), async (all) => {
      const metrics = ownMetrics({ maxSeries })
      for (const [limiter, plan] of all) metrics.decided(allowed, { limiter, plan })
      const counts = Object.values(await valuesOf(metrics, 'decisions_total'))
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(all.length)
      expect(counts.length).toBeLessThanOrEqual(maxSeries + 1)
    }),
  )
})

test('past `maxSeries` it is "other", which is told; what was there before is still told apart', async () => {
  const metrics = ownMetrics({ maxSeries: 2 })
  for (const limiter of ['a', 'b', 'c', 'd', 'a']) metrics.decided(allowed, { limiter, plan: 'p' })
  expect(await valuesOf(metrics, 'decisions_total')).toEqual({
    'binding=,degraded=false,limiter=a,outcome=allowed,plan=p': 2,
    'binding=,degraded=false,limiter=b,outcome=allowed,plan=p': 1,
    'binding=other,degraded=false,limiter=other,outcome=allowed,plan=other': 2,
  })
  expect(await valuesOf(metrics, 'series_dropped_total')).toEqual({ 'metric=headgate_decisions_total': 2 })
})

test('a value that can’t be shown is "other" by itself', async () => {
  const metrics = ownMetrics()
  metrics.decided(allowed, { limiter: 'api', plan: 'x'.repeat(257) })
  metrics.decided(allowed, { limiter: 'api', plan: 'a\nb' })
  metrics.decided(allowed, { limiter: 'api', plan: '😀 "quoted"' })
  expect(await valuesOf(metrics, 'decisions_total')).toEqual({
    'binding=,degraded=false,limiter=api,outcome=allowed,plan=other': 2,
    'binding=,degraded=false,limiter=api,outcome=allowed,plan=😀 \\quoted\\': 1,
  })
})

test('series that begin together are bounded together', async () => {
  // One limit has three outcomes: a second one would make it six.
  const metrics = ownMetrics({ maxSeries: 5 })
  const store = observed(memoryStore(), metrics.onEvent)
  for (const name of ['a', 'b', 'c', 'a'])
    await createLimiter({ store, name, limits: { rate: fixedWindow({ limit: 10, window: '1h' }) } }).consume(
      'x',
    )
  expect(await valuesOf(metrics, 'checks_total')).toEqual({
    'limit=rate,limiter=a,outcome=allowed': 2,
    'limit=other,limiter=other,outcome=allowed': 2,
  })
  const names = [...(await read(metrics)).keys()].filter((key) => key.startsWith('headgate_checks_total'))
  expect(names.length).toBe(6)
})
