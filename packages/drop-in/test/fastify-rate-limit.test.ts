import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit'
import type { Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { fastify } from 'fastify'
import { describe, expect, test } from 'vitest'
import { fastifyRateLimitStore } from '../src/fastify-rate-limit.ts'
import {
  atOnce,
  away,
  backends,
  countOf,
  get,
  hostile,
  instances,
  keyIn,
  later,
  statuses,
} from './support.ts'

async function start(store: Store, options: RateLimitPluginOptions = {}): Promise<string> {
  const app = fastify()
  await app.register(rateLimit, {
    max: 3,
    timeWindow: 60_000,
    keyGenerator: (req) => keyIn(req.headers['x-key']),
    store: fastifyRateLimitStore(store),
    ...options,
  })
  const peek = app.createRateLimit()
  app.get('/', async () => 'ok')
  app.get('/own', { config: { rateLimit: { max: 1 } } }, async () => 'ok')
  app.get('/other', { config: { rateLimit: { max: 1, timeWindow: 120_000 } } }, async () => 'ok')
  app.get('/free', { config: { rateLimit: false } }, async () => 'ok')
  app.get('/peek', { config: { rateLimit: false } }, async (req) => peek(req, { increment: false }))
  later(() => app.close())
  return `${await app.listen({ port: 0, host: '127.0.0.1' })}/`
}

describe.each(backends)('on $name', ({ open }) => {
  test('counts, denies and tells', async () => {
    const url = await start(await open())
    const first = await get(url)
    expect(first).toMatchObject({ status: 200, body: 'ok' })
    expect(first.headers.get('x-ratelimit-limit')).toBe('3')
    expect(first.headers.get('x-ratelimit-remaining')).toBe('2')
    expect(first.headers.get('x-ratelimit-reset')).toMatch(/^(60|59)$/)
    expect(await statuses(url, 3)).toEqual([200, 200, 429])
    const denied = await get(url)
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(50)
    expect((await get(url, 'other')).status).toBe(200)
    expect(JSON.parse((await get(`${url}peek`)).body)).toMatchObject({ isExceeded: true, remaining: 0 })
    expect(JSON.parse((await get(`${url}peek`, 'new')).body)).toMatchObject({
      isExceeded: false,
      remaining: 3,
      ttl: 0,
    })
  })

  test('routes with options of their own are counted by themselves', async () => {
    const url = await start(await open())
    expect(await statuses(`${url}own`, 2)).toEqual([200, 429])
    expect(await statuses(`${url}other`, 2)).toEqual([200, 429])
    expect(await statuses(url, 4)).toEqual([200, 200, 200, 429])
    expect(await statuses(`${url}free`, 5)).toEqual([200, 200, 200, 200, 200])
  })

  test('continueExceeding makes who goes on asking wait a whole window again', async () => {
    const store = await open()
    const plain = await start(store, { max: 1, store: fastifyRateLimitStore(store, { prefix: 'plain' }) })
    const again = await start(store, { max: 1, continueExceeding: true })
    expect([await statuses(plain, 2), await statuses(again, 2)]).toEqual([
      [200, 429],
      [200, 429],
    ])
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(Number((await get(plain)).headers.get('retry-after'))).toBeLessThan(60)
    expect((await get(again)).headers.get('retry-after')).toBe('60')
  })

  test('ban answers 403 to who exceeds by more', async () => {
    const url = await start(await open(), { max: 1, ban: 2 })
    expect(await statuses(url, 6)).toEqual([200, 429, 429, 403, 403, 403])
  })

  test('max and timeWindow as functions, and keys that are numbers', async () => {
    const url = await start(await open(), {
      max: (req) => Number(req.headers['x-key']),
      timeWindow: () => 60_000,
      keyGenerator: (req) => Number(req.headers['x-key']),
    })
    expect(await statuses(url, 3, '1')).toEqual([200, 429, 429])
    expect(await statuses(url, 3, '2')).toEqual([200, 200, 429])
  })

  test('requests at once: exactly the limit pass', async () => {
    const url = await start(await open(), { max: 20 })
    const answers = await atOnce([url], 100)
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([20, 80])
  })

  test('hostile keys are counted like any key', async () => {
    const keyGenerator = (req: { query: unknown }) => hostile[Number((req.query as { i?: string }).i)] ?? ''
    const url = await start(await open(), { max: 1, keyGenerator })
    for (let i = 0; i < hostile.length; i++) expect(await statuses(`${url}?i=${i}`, 2)).toEqual([200, 429])
  })
})

test('two instances of an app at one Redis admit exactly the limit between them', async () => {
  const urls = await Promise.all((await instances(2)).map((store) => start(store, { max: 50 })))
  expect(countOf(await atOnce(urls, 200), 200)).toBe(50)
})

test('plugins in one Headgate store are told apart by their prefixes', async () => {
  const store = memoryStore()
  const urls = await Promise.all(
    ['a', 'b', 'a'].map((prefix) => start(store, { store: fastifyRateLimitStore(store, { prefix }) })),
  )
  const remaining = async (url: string | undefined) =>
    (await get(url ?? '')).headers.get('x-ratelimit-remaining')
  expect([await remaining(urls[0]), await remaining(urls[1]), await remaining(urls[2])]).toEqual([
    '2',
    '2',
    '1',
  ])
})

describe('a store that is away', () => {
  test('is an error of the request', async () => {
    const { status, body } = await get(await start(away))
    expect(status).toBe(500)
    expect(JSON.parse(body)).toMatchObject({ message: 'no route' })
  })

  test('or lets it pass, with skipOnError', async () => {
    expect((await get(await start(away, { skipOnError: true }))).status).toBe(200)
  })
})
