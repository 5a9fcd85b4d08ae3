import { fixedWindow } from '@headgate/core'
import { rateLimit } from '@headgate/hono'
import { memoryStore } from '@headgate/memory'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'

const twice = { rate: fixedWindow({ limit: 2, window: '1h' }) }

describe('without a socket, as on an edge runtime', () => {
  test('the address is what the platform says', async () => {
    const app = new Hono()
      .use(
        rateLimit({ store: memoryStore(), limits: twice, address: (c) => c.req.header('cf-connecting-ip') }),
      )
      .get('/', (c) => c.text(`${c.get('rateLimit')?.remaining}`))
    const from = (ip: string) => app.request('/', { headers: { 'cf-connecting-ip': ip } })
    expect(await (await from('192.0.2.1')).text()).toBe('1')
    expect(await (await from('192.0.2.1')).text()).toBe('0')
    expect((await from('192.0.2.1')).status).toBe(429)
    expect((await from('192.0.2.2')).status).toBe(200)
  })

  test('without one, and without a key, it is an error', async () => {
    const errors: unknown[] = []
    const app = new Hono()
      .use(rateLimit({ store: memoryStore(), limits: twice }))
      .get('/', (c) => c.text('hello'))
      .onError((error, c) => {
        errors.push(error)
        return c.text('failed', 500)
      })
    expect((await app.request('/')).status).toBe(500)
    expect(errors).toEqual([expect.objectContaining({ code: 'ADDRESS_UNKNOWN' })])
  })
})

test('routes have limits of their own, or one that they share', async () => {
  const store = memoryStore()
  const key = () => 'all'
  const shared = rateLimit({ store, limits: twice, key })
  const login = rateLimit({
    store,
    name: 'login',
    limits: { rate: fixedWindow({ limit: 1, window: '1h' }) },
    key,
  })
  const app = new Hono()
    .get('/a', shared, (c) => c.text('a'))
    .get('/b', shared, (c) => c.text('b'))
    .get('/login', login, (c) => c.text('login'))
  const statuses = []
  for (const path of ['/login', '/login', '/a', '/b', '/a']) statuses.push((await app.request(path)).status)
  expect(statuses).toEqual([200, 429, 200, 200, 429])
})

test('the handler may set fields, stream, and answer what was fetched', async () => {
  const app = new Hono()
    .use(rateLimit({ store: memoryStore(), limits: twice, key: () => 'all' }))
    .get('/redirect', () => Response.redirect('http://localhost/there', 302))
    .get('/own', (c) => {
      c.header('x-own', '1')
      return c.body(new ReadableStream({ start: (controller) => controller.close() }))
    })
  const redirect = await app.request('/redirect')
  expect([redirect.status, redirect.headers.get('ratelimit')]).toEqual([
    302,
    expect.stringMatching(/^"rate";r=1/),
  ])
  const own = await app.request('/own')
  expect([own.headers.get('x-own'), own.headers.get('ratelimit')]).toEqual([
    '1',
    expect.stringMatching(/^"rate";r=0/),
  ])
})

test('what a handler throws is settled as what it is answered with', async () => {
  const settled: number[] = []
  const app = new Hono()
    .use(
      rateLimit({
        store: memoryStore(),
        limits: twice,
        key: () => 'all',
        settle: ({ status }) => {
          settled.push(status)
          return status === 500 ? 0 : 1
        },
      }),
    )
    .get('/', () => {
      throw new Error('no')
    })
    .onError((_, c) => c.text('failed', 500))
  for (let i = 0; i < 5; i++) {
    const response = await app.request('/')
    expect(response.status).toBe(500)
    await response.text()
    await expect.poll(() => settled.length).toBe(i + 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
})
