import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fixedWindow } from '@headgate/core'
import { rateLimit } from '@headgate/koa'
import { memoryStore } from '@headgate/memory'
import Koa from 'koa'
import { afterEach, expect, test } from 'vitest'

const twice = { rate: fixedWindow({ limit: 2, window: '1h' }) }
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function listen(app: Koa): Promise<(path?: string) => Promise<Response>> {
  const server = app.listen(0, '127.0.0.1')
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return (path = '/') => fetch(`http://127.0.0.1:${port}${path}`)
}

test('middlewares before it see the denial, those behind it don’t see the request', async () => {
  const seen: string[] = []
  const app = new Koa()
  app.use(async (ctx, next) => {
    await next()
    seen.push(`${ctx.status} ${ctx.state['rateLimit']?.allowed}`)
  })
  app.use(rateLimit({ store: memoryStore(), limits: twice }))
  app.use((ctx) => {
    seen.push('handler')
    ctx.body = 'hello'
  })
  const get = await listen(app)
  for (let i = 0; i < 3; i++) await get()
  expect(seen).toEqual(['handler', '200 true', 'handler', '200 true', '429 false'])
})

test('what an option throws is an error like any other', async () => {
  const app = new Koa()
  const errors: unknown[] = []
  app.on('error', (error) => errors.push(error))
  app.use(
    rateLimit({
      store: memoryStore(),
      limits: twice,
      key: () => {
        throw new Error('no key')
      },
    }),
  )
  expect((await (await listen(app))()).status).toBe(500)
  expect(errors.map(String)).toEqual(['Error: no key'])
})

test('hands on the guard, to forget a key', async () => {
  const limit = rateLimit({ store: memoryStore(), limits: twice })
  const app = new Koa()
  app.use(async (ctx, next) => {
    if (ctx.path !== '/reset') return next()
    await limit.guard.limiter.reset(await limit.guard.keyOf(ctx))
    ctx.body = 'done'
  })
  app.use(limit)
  app.use((ctx) => {
    ctx.body = 'hello'
  })
  const get = await listen(app)
  const statuses = []
  for (const path of ['/', '/', '/', '/reset', '/']) statuses.push((await get(path)).status)
  expect(statuses).toEqual([200, 200, 429, 200, 200])
})
