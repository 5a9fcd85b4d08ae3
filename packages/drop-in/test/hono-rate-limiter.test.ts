import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { type HonoConfigProps, rateLimiter } from 'hono-rate-limiter'
import { describe, expect, test } from 'vitest'
import { honoRateLimiterStore, type WindowStore } from '../src/hono-rate-limiter.ts'
import {
  atOnce,
  away,
  backends,
  countOf,
  get,
  hostile,
  instances,
  keyIn,
  serve,
  statuses,
} from './support.ts'

async function start(store: WindowStore, options: Partial<HonoConfigProps> = {}): Promise<string> {
  const app = new Hono()
  app.use(
    rateLimiter({
      windowMs: 60_000,
      limit: 3,
      standardHeaders: 'draft-7',
      keyGenerator: (c) => keyIn(c.req.header('x-key')),
      store,
      ...options,
    }),
  )
  app.get('/', (c) => c.text('ok'))
  app.get('/fails', (c) => c.text('no', 400))
  app.onError((error, c) => c.text(error.message, 500))
  return `${await serve(createAdaptorServer({ fetch: app.fetch }) as Server)}/`
}

describe.each(backends)('on $name', ({ open }) => {
  test('counts, denies and tells', async () => {
    const store = honoRateLimiterStore(await open())
    const url = await start(store)
    const first = await get(url)
    expect(first).toMatchObject({ status: 200, body: 'ok' })
    expect(first.headers.get('ratelimit-policy')).toBe('3;w=60')
    expect(first.headers.get('ratelimit')).toMatch(/^limit=3, remaining=2, reset=(60|59)$/)
    expect(await statuses(url, 3)).toEqual([200, 200, 429])
    const denied = await get(url)
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(50)
    expect((await get(url, 'other')).status).toBe(200)
    await store.resetKey('u')
    expect((await get(url)).status).toBe(200)
  })

  test('gives back what failed', async () => {
    const url = await start(honoRateLimiterStore(await open()), { skipFailedRequests: true })
    expect(await statuses(`${url}fails`, 5)).toEqual([400, 400, 400, 400, 400])
    expect(await statuses(url, 4)).toEqual([200, 200, 200, 429])
  })

  test('gives back what succeeded', async () => {
    const url = await start(honoRateLimiterStore(await open()), { skipSuccessfulRequests: true })
    expect(await statuses(url, 5)).toEqual([200, 200, 200, 200, 200])
    expect(await statuses(`${url}fails`, 4)).toEqual([400, 400, 400, 429])
  })

  test('requests at once: exactly the limit pass', async () => {
    const url = await start(honoRateLimiterStore(await open()), { limit: 20 })
    const answers = await atOnce([url], 100)
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([20, 80])
  })

  test('hostile keys are counted like any key', async () => {
    const keyGenerator = (c: { req: { query(name: string): string | undefined } }) =>
      hostile[Number(c.req.query('i'))] ?? ''
    const url = await start(honoRateLimiterStore(await open()), { limit: 1, keyGenerator })
    for (let i = 0; i < hostile.length; i++) expect(await statuses(`${url}?i=${i}`, 2)).toEqual([200, 429])
  })
})

test('two instances of an app at one Redis admit exactly the limit between them', async () => {
  const stores = await instances(2)
  const urls = await Promise.all(stores.map((store) => start(honoRateLimiterStore(store), { limit: 50 })))
  expect(countOf(await atOnce(urls, 200), 200)).toBe(50)
})

test('a store that is away is an error of the request', async () => {
  expect(await get(await start(honoRateLimiterStore(away)))).toMatchObject({ status: 500, body: 'no route' })
})

test('a window that cannot be meant is refused when the middleware is made', async () => {
  await expect(start(honoRateLimiterStore(away), { windowMs: 0.5 })).rejects.toMatchObject({
    code: 'INVALID_DURATION',
  })
})
