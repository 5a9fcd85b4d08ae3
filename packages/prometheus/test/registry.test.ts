import { createServer } from 'node:http'
import { createLimiter, fixedWindow, observed } from '@headgate/core'
import { withRateLimit } from '@headgate/http'
import { memoryStore } from '@headgate/memory'
import {
  AggregatorRegistry,
  Counter,
  register as defaultRegister,
  type OpenMetricsContentType,
  Registry,
} from 'prom-client'
import { expect, test } from 'vitest'
import { createMetrics, type MetricsOptions } from '../src/index.ts'
import { ownMetrics, parse, read, remoteStore, storeFailed, valuesOf } from './support.ts'

const deletion = { type: 'deletion', store: 'a', ms: 1, keys: [] } as const
const counted = { 'store=a,verb=delete': 1 }

test.each<[string, unknown]>([
  ['options', 5],
  ['register', { register: {} }],
  ['register', { register: null }],
  ['prefix', { prefix: 'a-b' }],
  ['prefix', { prefix: '9' }],
  ['prefix', { prefix: 5 }],
  ['prefix', { prefix: 'x'.repeat(101) }],
  ['buckets', { buckets: [] }],
  ['buckets', { buckets: [1, 1] }],
  ['buckets', { buckets: [0, 1] }],
  ['buckets', { buckets: [1, Number.POSITIVE_INFINITY] }],
  ['buckets', { buckets: ['1'] }],
  ['buckets', { buckets: Array.from({ length: 101 }, (_, i) => i + 1) }],
  ['maxSeries', { maxSeries: 0 }],
  ['maxSeries', { maxSeries: 1.5 }],
  ['maxSeries', { maxSeries: 1e9 }],
])('a wrong %s is an error: %j', (option, options) => {
  expect(() => createMetrics(options as MetricsOptions)).toThrow(
    expect.objectContaining({ name: 'HeadgateError', code: 'INVALID_OPTION', option }),
  )
})

test('a registry has the metrics of a prefix once, or none of them', async () => {
  const register = new Registry()
  const first = createMetrics({ register })
  expect(() => createMetrics({ register })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', option: 'prefix' }),
  )
  const second = createMetrics({ register, prefix: 'inner_' })
  second.close()
  first.close()
  expect(register.getMetricsAsArray()).toEqual([])
  createMetrics({ register }).close()

  const taken = new Counter({ name: 'headgate_series_dropped_total', help: 'x', registers: [register] })
  expect(() => createMetrics({ register })).toThrow('Share what one createMetrics() gave')
  expect(register.getMetricsAsArray()).toEqual([taken])
})

test('what is closed takes away its own, and may still be told things', () => {
  const register = new Registry()
  const metrics = createMetrics({ register })
  register.clear()
  const other = createMetrics({ register })
  const before = register.getMetricsAsArray()
  metrics.close()
  metrics.close()
  metrics.onEvent(deletion)
  expect(register.getMetricsAsArray()).toEqual(before)
  other.close()
})

test('the default registry is prom-client’s, and its own metrics stay', async () => {
  const metrics = createMetrics()
  expect(metrics.register).toBe(defaultRegister)
  metrics.onEvent(deletion)
  expect(await valuesOf(metrics, 'store_duration_seconds_count')).toEqual(counted)
  metrics.close()
  expect(defaultRegister.getMetricsAsArray()).toEqual([])
})

test('resetMetrics() begins anew', async () => {
  const metrics = ownMetrics({ maxSeries: 1 })
  metrics.onEvent(deletion)
  metrics.register.resetMetrics()
  expect(await read(metrics)).toEqual(new Map())
  metrics.onEvent(deletion)
  expect(await valuesOf(metrics, 'store_duration_seconds_count')).toEqual(counted)
})

test('OpenMetrics, and default labels', async () => {
  const register: Registry<OpenMetricsContentType> = new Registry()
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  register.setDefaultLabels({ service: 'shop', store: 'not this one' })
  const metrics = createMetrics({ register })
  metrics.onEvent({ type: 'denial-hit', store: 'a', checks: [] })
  // Twice, for the registry changes names while it writes.
  await register.metrics()
  const text = await register.metrics()
  expect(text).toContain('# TYPE headgate_denial_cache_hits counter\n')
  expect(parse(text).get('headgate_denial_cache_hits_total{service="shop",store="a"}')).toBe(1)
  expect(text.endsWith('# EOF\n')).toBe(true)
  metrics.close()
  expect(register.getMetricsAsArray()).toEqual([])
})

test('the workers of a cluster are summed up', async () => {
  const workers = [ownMetrics(), ownMetrics()]
  for (const { onEvent } of workers) onEvent(deletion)
  // As prom-client sends them from process to process.
  const sent = await Promise.all(workers.map(({ register }) => register.getMetricsAsJSON()))
  const all = AggregatorRegistry.aggregate(JSON.parse(JSON.stringify(sent)))
  const series = parse(await all.metrics())
  expect(series.get('headgate_store_duration_seconds_count{store="a",verb="delete"}')).toBe(2)
  expect(series.get('headgate_store_duration_seconds_bucket{le="0.001",store="a",verb="delete"}')).toBe(2)
})

test('a guard tells its decisions, and a server shows all of it', async () => {
  const metrics = ownMetrics()
  const handler = withRateLimit(() => new Response('hello'), {
    store: observed(memoryStore(), metrics.onEvent),
    limits: { rate: fixedWindow({ limit: 2, window: '1d' }) },
    key: () => 'everybody',
    onDecision: metrics.onDecision,
  })
  for (let i = 0; i < 3; i++) await handler(new Request('http://localhost/'))

  const server = createServer(async (_request, response) => {
    response.setHeader('content-type', metrics.register.contentType)
    response.end(await metrics.register.metrics())
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as { port: number }
  const response = await fetch(`http://localhost:${port}/metrics`)
  const series = parse(await response.text())
  server.close()
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const decisions = [...series].filter(([key]) => key.startsWith('headgate_decisions_total'))
  expect(Object.fromEntries(decisions)).toEqual({
    'headgate_decisions_total{binding="",degraded="false",limiter="",outcome="allowed",plan=""}': 2,
    'headgate_decisions_total{binding="rate",degraded="false",limiter="",outcome="denied",plan=""}': 1,
  })
  expect([...series.keys()].filter((key) => key.includes('store_duration_seconds_count'))).toEqual([
    'headgate_store_duration_seconds_count{store="memory",verb="decide"}',
  ])
})

test('a guard with a stand-in of its own tells why it was asked', async () => {
  const metrics = ownMetrics()
  const { onEvent, onDecision } = metrics
  const inner = remoteStore()
  inner.fail = storeFailed()
  const handler = withRateLimit(() => new Response('hello'), {
    store: observed(inner, onEvent),
    limits: { rate: fixedWindow({ limit: 2, window: '1d' }) },
    key: () => 'everybody',
    failure: { onError: 'allow', onEvent },
    onDecision,
  })
  expect((await handler(new Request('http://localhost/'))).status).toBe(200)
  expect(Object.values(await valuesOf(metrics, 'degraded_total'))).toEqual([1])
  expect(await valuesOf(metrics, 'store_errors_total')).toEqual({
    'code=STORE_FAILED,store=memory,verb=decide': 1,
  })
  expect(await valuesOf(metrics, 'checks_total')).toEqual({})
  expect(await valuesOf(metrics, 'decisions_total')).toEqual({
    'binding=,degraded=true,limiter=,outcome=allowed,plan=': 1,
  })
})

test('a limiter’s types fit', async () => {
  const metrics = ownMetrics()
  const limiter = createLimiter({
    store: observed(memoryStore(), metrics.onEvent),
    limits: { rate: fixedWindow({ limit: 2, window: '1d' }) },
  })
  metrics.decided(limiter.consumeSync('a'), { limiter: limiter.name })
  expect(Object.keys(await valuesOf(metrics, 'decisions_total'))).toHaveLength(1)
})
