import { fixedWindow } from '@headgate/core'
import { type RateLimitOptions, rateLimit } from '@headgate/fastify'
import { memoryStore } from '@headgate/memory'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'

const window = (limit: number) => ({ rate: fixedWindow({ limit, window: '1h' }) })
const apps: FastifyInstance[] = []
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())))

async function appWith(options: Partial<RateLimitOptions>, routes: (app: FastifyInstance) => unknown) {
  const app = fastify()
  apps.push(app)
  await app.register(rateLimit, { store: memoryStore(), limits: window(2), ...options } as RateLimitOptions)
  await routes(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const get = async (path: string, method = 'GET') =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status
  return {
    app,
    get,
    times: async (n: number, path: string) => {
      const statuses = []
      for (let i = 0; i < n; i++) statuses.push(await get(path))
      return statuses
    },
  }
}

describe('a route says what differs for it', () => {
  test('limits of its own, counted apart; a cost; none', async () => {
    const { times, get } = await appWith({ limits: window(4) }, (app) => {
      app.get('/', async () => 'hello')
      app.get('/strict', { config: { headgate: { limits: window(1) } } }, async () => 'strict')
      app.get('/other', { config: { headgate: { limits: window(1) } } }, async () => 'other')
      app.get('/dear', { config: { headgate: { cost: 3 } } }, async () => 'dear')
      app.get('/health', { config: { headgate: false } }, async () => 'ok')
    })
    expect(await times(2, '/strict')).toEqual([200, 429])
    expect(await times(2, '/other')).toEqual([200, 429])
    expect(await times(1, '/')).toEqual([200])
    // It takes from the same four as the first.
    expect(await times(2, '/dear')).toEqual([200, 429])
    expect(await times(5, '/health')).toEqual([200, 200, 200, 200, 200])
    expect(await get('/', 'HEAD')).toBe(429)
  })

  test('with HEAD beside GET, they are one route', async () => {
    const { get } = await appWith({}, (app) =>
      app.get('/', { config: { headgate: { limits: window(1) } } }, async () => 'x'),
    )
    expect([await get('/', 'HEAD'), await get('/')]).toEqual([200, 429])
  })

  test('only where routes say so', async () => {
    const { times } = await appWith({ global: false }, (app) => {
      app.get('/', async () => 'hello')
      app.get('/limited', { config: { headgate: {} } }, async () => 'x')
    })
    expect(await times(3, '/')).toEqual([200, 200, 200])
    expect(await times(3, '/limited')).toEqual([200, 200, 429])
  })

  test('some of the limits that all share', async () => {
    const limits = {
      burst: fixedWindow({ limit: 2, window: '1h' }),
      daily: fixedWindow({ limit: 3, window: '1h' }),
    }
    const { times } = await appWith({ limits, shadow: ['burst'], capacity: ['daily'] }, (app) => {
      app.get('/', async () => 'x')
      app.get('/daily', { config: { headgate: { limits: ['daily'] } } }, async () => 'x')
      app.get('/own', { config: { headgate: { limits: window(1) } } }, async () => 'x')
    })
    expect([await times(2, '/'), await times(2, '/daily')]).toEqual([
      [200, 200],
      [200, 503],
    ])
    expect(await times(2, '/own')).toEqual([200, 429])
    const unknown = appWith({}, (app) =>
      app.get('/', { config: { headgate: { limits: ['dayly'] } } }, async () => 'x'),
    )
    await expect(unknown).rejects.toMatchObject({ code: 'UNKNOWN_LIMIT', value: 'dayly' })
    const same = appWith({}, (app) => {
      app.get('/a/b', { config: { headgate: { limits: window(1) } } }, async () => 'x')
      app.get('/a_b', { config: { headgate: { limits: window(1) } } }, async () => 'x')
    })
    await expect(same).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'name' })
  })

  test('also where it was declared before the plugin', async () => {
    const app = fastify()
    apps.push(app)
    app.get('/strict', { config: { headgate: { limits: window(1) } } }, async () => 'x')
    app.get('/free', { config: { headgate: false } }, async () => 'x')
    await app.register(rateLimit, { store: memoryStore(), limits: window(9) })
    const statuses = []
    for (const path of ['/strict', '/strict', '/free']) statuses.push((await app.inject(path)).statusCode)
    expect(statuses).toEqual([200, 429, 200])
    expect((await app.inject('/free')).headers).not.toHaveProperty('ratelimit')
  })

  test('what can’t be meant stops the start', async () => {
    const bad = appWith({}, (app) => app.get('/', { config: { headgate: { cost: -1 } } }, async () => 'x'))
    await expect(bad).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'cost' })
  })
})

test('it holds for the context in which it is registered, and those within', async () => {
  const { times } = await appWith({ global: false }, async (app) => {
    app.get('/outside', async () => 'x')
    await app.register(async (inner) => {
      await inner.register(rateLimit, { store: memoryStore(), name: 'inner', limits: window(1) })
      inner.get('/inside', async () => 'x')
      await inner.register(async (innermost) => void innermost.get('/within', async () => 'x'))
    })
  })
  expect(await times(3, '/outside')).toEqual([200, 200, 200])
  expect([...(await times(1, '/within')), ...(await times(1, '/inside'))]).toEqual([200, 429])
})

test('requests without a route are limited as well', async () => {
  const { times } = await appWith({}, () => {})
  expect(await times(3, '/nowhere')).toEqual([404, 404, 429])
})

test('it may ask late, when the key is known', async () => {
  const { times } = await appWith(
    { hook: 'preHandler', key: (request) => (request as { user?: string }).user ?? '' },
    (app) => {
      app.decorateRequest('user', '')
      app.addHook('onRequest', async (request) => {
        ;(request as { user?: string }).user = request.url
      })
      app.get('/a', async () => 'x')
      app.get('/b', async () => 'x')
    },
  )
  expect([await times(3, '/a'), await times(1, '/b')]).toEqual([[200, 200, 429], [200]])
})

test('what an option throws reaches the error handler', async () => {
  const errors: string[] = []
  const key = (request: { url: string }): string | Promise<string> => {
    if (request.url === '/later') return Promise.reject(new Error('later'))
    throw new Error('now')
  }
  const { get } = await appWith({ key }, (app) => {
    app.setErrorHandler((error, _request, reply) => {
      errors.push(String(error))
      reply.code(503).send()
    })
    app.get('/now', async () => 'x')
    app.get('/later', async () => 'x')
  })
  expect([await get('/now'), await get('/later')]).toEqual([503, 503])
  expect(errors).toEqual(['Error: now', 'Error: later'])
})
