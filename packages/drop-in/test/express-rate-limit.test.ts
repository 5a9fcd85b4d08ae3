import type { Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import express from 'express'
import { type Options, type RateLimitRequestHandler, rateLimit } from 'express-rate-limit'
import { describe, expect, test } from 'vitest'
import { expressRateLimitStore } from '../src/express-rate-limit.ts'
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

/** What the middleware complained of; its checks of the store are on in all tests. */
const complaints: unknown[] = []

async function start(
  store: Store,
  options: Partial<Options> = {},
): Promise<{ url: string; limiter: RateLimitRequestHandler }> {
  const limiter = rateLimit({
    windowMs: 60_000,
    limit: 3,
    standardHeaders: 'draft-8',
    legacyHeaders: true,
    keyGenerator: (req) => keyIn(req.headers['x-key']),
    logger: { error: (error) => complaints.push(error), warn: (error) => complaints.push(error) },
    store: expressRateLimitStore(store),
    ...options,
  })
  const app = express()
  app.use(limiter)
  app.get('/', (_req, res) => {
    res.send('ok')
  })
  app.get('/fails', (_req, res) => {
    res.status(400).send('no')
  })
  app.use((error: Error, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(500).send(error.message)
  })
  return { url: `${await serve(app)}/`, limiter }
}

describe.each(backends)('on $name', ({ open }) => {
  test('counts, denies and tells', async () => {
    const { url, limiter } = await start(await open())
    const first = await get(url)
    expect(first).toMatchObject({ status: 200, body: 'ok' })
    expect(first.headers.get('x-ratelimit-limit')).toBe('3')
    expect(first.headers.get('x-ratelimit-remaining')).toBe('2')
    expect(first.headers.get('ratelimit')).toMatch(/^"3-in-1min"; r=2; t=(60|59)$/)
    expect(await statuses(url, 3)).toEqual([200, 200, 429])
    const denied = await get(url)
    expect(denied.status).toBe(429)
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(50)
    expect(await limiter.getKey('u')).toMatchObject({ totalHits: 5 })
    expect((await get(url, 'other')).status).toBe(200)
    await limiter.resetKey('u')
    expect(await limiter.getKey('u')).toBeUndefined()
    expect((await get(url)).status).toBe(200)
    expect(complaints).toEqual([])
  })

  test('skipSuccessfulRequests gives back what succeeded', async () => {
    const { url, limiter } = await start(await open(), { skipSuccessfulRequests: true })
    // Given back after the answer is sent, so one at a time.
    for (let i = 0; i < 5; i++) {
      expect((await get(url)).status).toBe(200)
      while ((await limiter.getKey('u')) !== undefined) await new Promise(setImmediate)
    }
    expect(await statuses(`${url}fails`, 4)).toEqual([400, 400, 400, 429])
    expect(complaints).toEqual([])
  })

  test('skipFailedRequests gives back what failed', async () => {
    const { url, limiter } = await start(await open(), { skipFailedRequests: true })
    expect(await statuses(url, 2)).toEqual([200, 200])
    for (let i = 0; i < 5; i++) {
      expect((await get(`${url}fails`)).status).toBe(400)
      while ((await limiter.getKey('u'))?.totalHits !== 2) await new Promise(setImmediate)
    }
    expect(await statuses(url, 2)).toEqual([200, 429])
  })

  test('requests at once: exactly the limit pass', async () => {
    const { url } = await start(await open(), { limit: 20 })
    const answers = await atOnce([url], 100)
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([20, 80])
  })

  test('hostile keys are counted like any key', async () => {
    const { url } = await start(await open(), {
      limit: 1,
      keyGenerator: (req) => hostile[Number(req.query['i'])] ?? '',
    })
    for (let i = 0; i < hostile.length; i++) expect(await statuses(`${url}?i=${i}`, 2)).toEqual([200, 429])
  })
})

test('two instances of an app at one Redis admit exactly the limit between them', async () => {
  const stores = await instances(2)
  const apps = await Promise.all(stores.map((store) => start(store, { limit: 50 })))
  const answers = await atOnce(
    apps.map(({ url }) => url),
    200,
  )
  expect(countOf(answers, 200)).toBe(50)
})

test('two limiters in one app, apart by their prefixes', async () => {
  const store = memoryStore()
  const of = (prefix: string, limit: number, windowMs: number) =>
    rateLimit({
      limit,
      windowMs,
      keyGenerator: () => 'u',
      store: expressRateLimitStore(store, { prefix }),
      logger: { error: (error) => complaints.push(error), warn: (error) => complaints.push(error) },
    })
  const app = express()
  app.use(of('short', 2, 1_000), of('long', 1, 60_000))
  app.get('/', (_req, res) => {
    res.send('ok')
  })
  expect(await statuses(await serve(app), 2)).toEqual([200, 429])
  expect(complaints).toEqual([])
})

describe('a store that is away', () => {
  test('is an error of the request', async () => {
    const { url } = await start(away)
    expect(await get(url)).toMatchObject({ status: 500, body: 'no route' })
  })

  test('or lets it pass, with passOnStoreError', async () => {
    const { url } = await start(away, { passOnStoreError: true })
    expect((await get(url)).status).toBe(200)
    expect(complaints.splice(0)).toMatchObject([{ message: 'no route' }])
  })
})
