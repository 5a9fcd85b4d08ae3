import {
  createLimiter,
  denialCache,
  fixedWindow,
  leased,
  observed,
  resilient,
  type StoreEvent,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { ownMetrics, parse, read, remoteStore, storeFailed, valuesOf } from './support.ts'

const limits = { rate: fixedWindow({ limit: 100, window: '1h' }) }

test('calls are timed by verb, those that fail too, and failures have a code', async () => {
  const metrics = ownMetrics()
  const inner = remoteStore()
  const limiter = createLimiter({ store: observed(inner, metrics.onEvent), limits })
  const decision = await limiter.consume('a')
  await limiter.consume('a')
  await limiter.refund(decision)
  await limiter.reset('a')
  inner.fail = storeFailed()
  await expect(limiter.consume('a')).rejects.toThrow('No connection')
  inner.fail = new Error('secret')
  await expect(limiter.consume('a')).rejects.toThrow('secret')
  await expect(limiter.reset('a')).rejects.toThrow('secret')
  expect(await valuesOf(metrics, 'store_duration_seconds_count')).toEqual({
    'store=memory,verb=decide': 4,
    'store=memory,verb=adjust': 1,
    'store=memory,verb=delete': 2,
  })
  expect(await valuesOf(metrics, 'store_errors_total')).toEqual({
    'code=STORE_FAILED,store=memory,verb=decide': 1,
    'code=other,store=memory,verb=decide': 1,
    'code=other,store=memory,verb=delete': 1,
  })
})

test('law: the histogram is the one that prom-client would have made', async () => {
  const ms = fc.double({ min: 0, max: 5_000, noNaN: true })
  const bounds = fc.uniqueArray(fc.double({ min: 1e-6, max: 10, noNaN: true }), {
    minLength: 1,
    maxLength: 10,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(ms), bounds, async (durations, unsorted) => {
      const buckets = unsorted.sort((a, b) => a - b)
      const metrics = ownMetrics({ buckets })
      const register = new Registry()
      const name = 'headgate_store_duration_seconds'
      const theirs = new Histogram({
        name,
        help: 'x',
        labelNames: ['store', 'verb'],
        registers: [register],
        buckets,
      })
      for (const each of [...durations, ...buckets.map((seconds) => seconds * 1_000)]) {
        metrics.onEvent({ type: 'deletion', store: 'a', ms: each, keys: [] })
        theirs.observe({ store: 'a', verb: 'delete' }, each / 1_000)
      }
      expect(await read(metrics)).toEqual(parse(await register.metrics()))
      const values = (await metrics.register.getMetricsAsJSON()).find((metric) => metric.name === name)
      expect(values).toMatchObject({ type: 'histogram', aggregator: 'sum' })
    }),
  )
})

const outcome = { now: 0, results: [] }

test.each<[string, StoreEvent]>([
  ['decide', { type: 'decision', store: 'a', ms: 250, checks: [], outcome }],
  ['adjust', { type: 'adjustment', store: 'a', ms: 250, adjustments: [], outcome }],
  ['delete', { type: 'deletion', store: 'a', ms: 250, keys: [] }],
  ['decide', { type: 'error', store: 'a', ms: 250, verb: 'decide', error: undefined }],
])('time is in seconds: %s', async (verb, event) => {
  const buckets = [1]
  const metrics = ownMetrics({ buckets })
  // What was given is the caller's.
  buckets.unshift(0.5)
  metrics.onEvent(event)
  expect(await valuesOf(metrics, 'store_duration_seconds_sum')).toEqual({ [`store=a,verb=${verb}`]: 0.25 })
  expect(await valuesOf(metrics, 'store_duration_seconds_bucket')).toEqual({
    [`le=1,store=a,verb=${verb}`]: 1,
    [`le=+Inf,store=a,verb=${verb}`]: 1,
  })
})

test('time that is no time spoils no sum', async () => {
  const metrics = ownMetrics()
  for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY, 1_000])
    metrics.onEvent({ type: 'deletion', store: 'a', ms, keys: [] })
  metrics.onEvent({ type: 'lease-hit', store: 'a', key: { scope: 'a/b', id: 'c' }, units: Number.NaN })
  expect(await valuesOf(metrics, 'store_duration_seconds_sum')).toEqual({ 'store=a,verb=delete': 1 })
  expect(await valuesOf(metrics, 'lease_units_total')).toEqual({})
})

test('why the primary did not decide, in few words, and where the breaker stands', async () => {
  const metrics = ownMetrics()
  const inner = remoteStore()
  const breaker = { minimumCalls: 2, openFor: 1 }
  const store = resilient(inner, { onError: 'allow', timeout: '1h', breaker, onEvent: metrics.onEvent })
  const limiter = createLimiter({ store: observed(store, metrics.onEvent), limits })
  const states = async () => {
    const series = await read(metrics)
    return ['closed', 'half-open', 'open'].map((state) =>
      series.get(`headgate_breaker_state{state="${state}",store="resilient(memory)"}`),
    )
  }
  expect(await states()).toEqual([undefined, undefined, undefined])
  inner.fail = storeFailed()
  for (let i = 0; i < 2; i++) metrics.decided(await limiter.consume('a'))
  expect(await states()).toEqual([0, 0, 1])
  // It opens again only after a while, and then by the next call.
  inner.fail = undefined
  while (store.state !== 'closed') {
    await limiter.consume('a')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(await states()).toEqual([1, 0, 0])
  expect(await valuesOf(metrics, 'degraded_total')).toMatchObject({
    'reason=failed,store=resilient(memory)': 2,
  })
  expect(await valuesOf(metrics, 'decisions_total')).toEqual({
    'binding=,degraded=true,limiter=,outcome=allowed,plan=': 2,
  })
})

test('reasons, as they come', async () => {
  const metrics = ownMetrics()
  const breaker = { minimumCalls: 2, openFor: '1h' } as const
  const never = { ...remoteStore(), decide: () => new Promise<never>(() => undefined) }
  const store = resilient(never, { onError: 'deny', timeout: 1, breaker, onEvent: metrics.onEvent })
  const limiter = createLimiter({ store, limits })
  for (let i = 0; i < 3; i++) await limiter.consume('a')
  expect(await valuesOf(metrics, 'degraded_total')).toEqual({
    'reason=breaker-open,store=resilient(memory)': 1,
    'reason=timeout,store=resilient(memory)': 2,
  })
})

test.each([
  ['timeout', 'timeout'],
  ['breaker-open', 'breaker-open'],
  ['failed: STORE_OVERLOADED', 'overloaded'],
  ['failed: STORE_CONTENDED', 'contended'],
  ['failed: STORE_FAILED', 'failed'],
  ['failed: ECONNREFUSED 10.0.0.7', 'failed'],
  ['failed', 'failed'],
  ['__proto__', 'failed'],
])('the reason %s is counted as %s', async (reason, label) => {
  const metrics = ownMetrics()
  metrics.onEvent({ type: 'degraded', store: 's', reason, error: undefined })
  expect(await valuesOf(metrics, 'degraded_total')).toEqual({ [`reason=${label},store=s`]: 1 })
})

test.each([
  ['nobody counts', () => 'allow' as const],
  ['another store counts', () => memoryStore()],
])('what is let in while the store is away is checked, but not charged to it: %s', async (_, onError) => {
  const metrics = ownMetrics()
  const inner = remoteStore()
  const store = resilient(inner, { onError: onError(), breaker: false, onEvent: metrics.onEvent })
  const limiter = createLimiter({ store: observed(store, metrics.onEvent), limits })
  inner.fail = storeFailed()
  const away = await limiter.consume('a', { cost: 7 })
  inner.fail = undefined
  const there = await limiter.consume('a', { cost: 5 })
  await limiter.refund(away)
  await limiter.refund(there)
  expect(await valuesOf(metrics, 'checks_total')).toEqual({ 'limit=rate,limiter=default,outcome=allowed': 2 })
  expect(await valuesOf(metrics, 'units_total')).toEqual({ 'limit=rate,limiter=default': 5 })
  expect(await valuesOf(metrics, 'refunded_units_total')).toEqual({ 'limit=rate,limiter=default': 5 })
})

test('a store inside is timed as well, and nothing is counted twice', async () => {
  const metrics = ownMetrics()
  const inner = remoteStore()
  const primary = resilient(observed(inner, metrics.onCall), { onError: 'deny', onEvent: metrics.onEvent })
  const limiter = createLimiter({ store: observed(primary, metrics.onEvent), limits })
  await limiter.refund(await limiter.consume('a', { cost: 3 }))
  inner.fail = storeFailed()
  await limiter.consume('a')
  expect(await valuesOf(metrics, 'store_duration_seconds_count')).toEqual({
    'store=memory,verb=decide': 2,
    'store=memory,verb=adjust': 1,
    'store=resilient(observed(memory)),verb=decide': 2,
    'store=resilient(observed(memory)),verb=adjust': 1,
  })
  expect(await valuesOf(metrics, 'store_errors_total')).toEqual({
    'code=STORE_FAILED,store=memory,verb=decide': 1,
  })
  expect(await valuesOf(metrics, 'checks_total')).toEqual({
    'limit=rate,limiter=default,outcome=allowed': 1,
    'limit=rate,limiter=default,outcome=denied': 1,
  })
  expect(await valuesOf(metrics, 'units_total')).toEqual({ 'limit=rate,limiter=default': 3 })
  expect(await valuesOf(metrics, 'refunded_units_total')).toEqual({ 'limit=rate,limiter=default': 3 })
})

test('denials out of the cache', async () => {
  const metrics = ownMetrics()
  const store = denialCache(memoryStore(), { onEvent: metrics.onEvent })
  const limiter = createLimiter({
    store: observed(store, metrics.onEvent),
    limits: { rate: fixedWindow({ limit: 1, window: '1d' }) },
  })
  for (let i = 0; i < 4; i++) await limiter.consume('a')
  expect(await valuesOf(metrics, 'denial_cache_hits_total')).toEqual({ 'store=denialCache(memory)': 2 })
  expect(await valuesOf(metrics, 'checks_total')).toEqual({
    'limit=rate,limiter=default,outcome=allowed': 1,
    'limit=rate,limiter=default,outcome=denied': 3,
  })
})

test('units in advance, and what became of them', async () => {
  const metrics = ownMetrics()
  const inner = remoteStore()
  const store = observed(leased(inner, { chunk: 10, ttl: '1h', onEvent: metrics.onEvent }), metrics.onEvent)
  const limiter = createLimiter({ store, limits })
  for (const id of ['a', 'a', 'a', 'b']) await limiter.consume(id)
  inner.fail = storeFailed()
  await store.close()
  const lost = await valuesOf(metrics, 'lease_units_total')
  expect(lost).toEqual({
    'event=hit,store=leased(memory)': 2,
    'event=take,store=leased(memory)': 20,
    'event=lost,store=leased(memory)': 16,
  })
  // What was asked, not what was taken in advance.
  expect(await valuesOf(metrics, 'units_total')).toEqual({ 'limit=rate,limiter=default': 4 })
})

test('units that go back', async () => {
  const metrics = ownMetrics()
  const store = leased(memoryStore(), { chunk: 10, ttl: '1h', onEvent: metrics.onEvent })
  await createLimiter({ store, limits }).consume('a')
  await store.close()
  expect(await valuesOf(metrics, 'lease_units_total')).toMatchObject({
    'event=return,store=leased(memory)': 9,
  })
})

test('events of a later core are left alone', async () => {
  const metrics = ownMetrics()
  const before = await metrics.register.metrics()
  metrics.onEvent({ type: 'novelty', store: 's' } as unknown as StoreEvent)
  expect(await metrics.register.metrics()).toBe(before)
})
