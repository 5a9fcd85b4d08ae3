import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fixedWindow } from '@headgate/core'
import { rateLimit } from '@headgate/express'
import { memoryStore } from '@headgate/memory'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'

const twice = { rate: fixedWindow({ limit: 2, window: '1h' }) }

describe.each([
  ['Express 5', express],
  ['Express 4', express4 as unknown as typeof express],
])('%s', (_, create) => {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })

  async function listen(app: Express): Promise<(path: string) => Promise<number>> {
    const server = app.listen(0, '127.0.0.1')
    closers.push(() => {
      server.close()
      server.closeAllConnections()
    })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
  }

  test('a limit before a route, a router and the application, each by itself', async () => {
    const store = memoryStore()
    const app = create()
    const router = create.Router()
    const onRouter = rateLimit({ store, name: 'router', limits: twice })
    const onRoute = rateLimit({
      store,
      name: 'route',
      limits: { rate: fixedWindow({ limit: 1, window: '1h' }) },
    })
    router.get('/free', (_request, response) => void response.end())
    router.get('/dear', onRoute, (_request, response) => void response.end())
    app.use('/api', onRouter, router)
    app.get('/', (_request, response) => void response.end())
    const get = await listen(app)
    expect([await get('/api/dear'), await get('/api/dear'), await get('/api/free')]).toEqual([200, 429, 429])
    expect([await get('/'), await get('/'), await get('/')]).toEqual([200, 200, 200])
  })

  test('hands on the guard, to forget a key', async () => {
    const limit = rateLimit({ store: memoryStore(), limits: twice })
    const app = create()
    app.post('/reset', async (request, response) => {
      await limit.guard.limiter.reset(await limit.guard.keyOf(request))
      response.end()
    })
    app.use(limit)
    app.get('/', (_request, response) => void response.end())
    const server = app.listen(0, '127.0.0.1')
    closers.push(() => void server.close())
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const get = async () => (await fetch(url)).status
    expect([await get(), await get(), await get()]).toEqual([200, 200, 429])
    await fetch(`${url}/reset`, { method: 'POST' })
    expect(await get()).toBe(200)
    const { binding } = await limit.guard.limiter.peek('somebody')
    expectTypeOf(binding).toEqualTypeOf<'rate'>()
  })

  test('what an option throws, at once or later, reaches the error handlers', async () => {
    const errors: unknown[] = []
    const app = create()
    const failing = (name: string, key: (request: Request) => Promise<string> | string) =>
      rateLimit({ store: memoryStore(), name, limits: twice, key })
    app.get(
      '/now',
      failing('now', () => fail('now')),
    )
    app.get(
      '/later',
      failing('later', async () => fail('later')),
    )
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
      errors.push(error)
      response.status(503).end()
    })
    const get = await listen(app)
    expect([await get('/now'), await get('/later')]).toEqual([503, 503])
    expect(errors.map(String)).toEqual(['Error: now', 'Error: later'])
  })

  test('a guard that is mounted twice is an error, and not a double charge', async () => {
    const limit = rateLimit({ store: memoryStore(), limits: twice })
    const app = create()
    app.use(limit)
    app.get('/', limit, (_request, response) => void response.end())
    app.use((error: { code?: string }, _request: Request, response: Response, _next: NextFunction) => {
      response.status(error.code === 'GUARD_MOUNTED_TWICE' ? 500 : 501).end()
    })
    expect(await (await listen(app))('/')).toBe(500)
  })
})

function fail(message: string): never {
  throw new Error(message)
}
