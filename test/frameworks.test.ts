import { concurrency, fixedWindow, leakyBucket, type Store, tokenBucket } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { startProxy } from '@headgate/services'
import fc from 'fast-check'
import { afterEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { ask, open } from './frameworks/ask.ts'
import * as express from './frameworks/express.ts'
import * as fastify from './frameworks/fastify.ts'
import * as fetchHandler from './frameworks/fetch.ts'
import { type Options, type Served, underWay } from './frameworks/framework.ts'
import * as hono from './frameworks/hono.ts'
import * as koa from './frameworks/koa.ts'
import * as nest from './frameworks/nest.ts'
import { openAt } from './stores.ts'

/** Every framework. A new one is added here. */
const FRAMEWORKS = [express, fastify, koa, hono, nest, fetchHandler].flatMap((module) => module.frameworks)

const PROBLEM = 'application/problem+json'
const QUOTA_EXCEEDED =
  '{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Quota Exceeded","status":429,"violated-policies":'

// The answers are written out in full: what each framework must give is the same text, so they are alike byte for byte.
describe.each(FRAMEWORKS)('$name', ({ name, serve, header }) => {
  let running: Served[] = []
  afterEach(async () => {
    await Promise.all(running.map((server) => server.close()))
    running = []
  })

  /** Starts the application with `rate`, three requests in an hour, unless told otherwise. */
  async function start(options: Partial<Options> = {}): Promise<number> {
    const limits = { rate: fixedWindow({ limit: 3, window: '1h' }) }
    const server = await serve({ store: memoryStore(), limits, ...options } as Options)
    running.push(server)
    return server.port
  }
  /** Tells clients apart by a field. */
  const byClient = (request: object): string => header(request, 'x-client') ?? 'nobody'
  const as = (client: string) => ({ headers: { 'x-client': client } })

  test('lets a request through, and tells where the client stands', async () => {
    const port = await start({ limits: { burst: tokenBucket({ capacity: 10, refill: 1, per: '1s' }) } })
    expect(await ask(port)).toEqual({
      status: 200,
      fields: expect.objectContaining({
        'ratelimit-policy': '"burst";q=10;w=10',
        ratelimit: '"burst";r=9;t=1',
        'content-length': '5',
      }),
      body: 'hello',
    })
  })

  test('answers a denial by problem details', async () => {
    const port = await start({ limits: { rate: tokenBucket({ capacity: 1, refill: 1, per: '1h' }) } })
    await ask(port)
    const body = `${QUOTA_EXCEEDED}["rate"]}`
    expect(await ask(port)).toEqual({
      status: 429,
      fields: {
        'ratelimit-policy': '"rate";q=1;w=3600',
        ratelimit: '"rate";r=0;t=3600',
        'retry-after': '3600',
        'cache-control': 'no-store',
        'content-type': PROBLEM,
        'content-length': String(body.length),
      },
      body,
    })
  })

  test('answers a denial of HEAD without a body, as it would GET', async () => {
    const port = await start({ limits: { rate: tokenBucket({ capacity: 1, refill: 1, per: '1h' }) } })
    await ask(port)
    const head = await ask(port, { method: 'HEAD' })
    expect(head).toMatchObject({
      status: 429,
      body: '',
      fields: { 'retry-after': '3600', 'content-type': PROBLEM },
    })
  })

  test.each([
    [
      'draft-7',
      {
        'ratelimit-policy': '3;w=3600',
        ratelimit: expect.stringMatching(/^limit=3, remaining=2, reset=\d+$/),
      },
    ],
    [
      'draft-6',
      {
        'ratelimit-policy': '3;w=3600',
        'ratelimit-limit': '3',
        'ratelimit-remaining': '2',
        'ratelimit-reset': expect.stringMatching(/^\d{1,4}$/),
      },
    ],
    [
      'legacy-delta',
      {
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': '2',
        'x-ratelimit-reset': expect.stringMatching(/^\d{1,4}$/),
      },
    ],
    [
      'legacy-epoch',
      {
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': '2',
        'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
      },
    ],
  ] as const)('writes the fields as %s', async (headers, expected) => {
    const { fields } = await ask(await start({ headers }))
    const { 'content-type': _, 'content-length': __, 'cache-control': ___, ...own } = fields
    expect(own).toEqual(expected)
  })

  test('writes no fields when told so, but always when to come back', async () => {
    const port = await start({
      headers: false,
      limits: { rate: tokenBucket({ capacity: 1, refill: 1, per: '1h' }) },
    })
    const { fields } = await ask(port)
    expect(Object.keys(fields).filter((name) => name.includes('ratelimit'))).toEqual([])
    expect((await ask(port)).fields).toMatchObject({ 'retry-after': '3600' })
  })

  test('tells the unit and the partition where asked', async () => {
    const headers = {
      style: 'draft-11',
      units: { rate: 'content-bytes' },
      partitionSecret: '0123456789abcdef',
    } as const
    const port = await start({ headers, key: byClient })
    const [first, again, other] = [
      await ask(port, as('a')),
      await ask(port, as('a')),
      await ask(port, as('b')),
    ]
    const pk = /;pk=(:[A-Za-z0-9+/=]{24}:)/
    expect(first.fields['ratelimit-policy']).toContain('"rate";q=3;qu="content-bytes";w=3600')
    const [one, same, another] = [first, again, other].map(
      ({ fields }) => pk.exec(fields['ratelimit'] as string)?.[1],
    )
    expect(one).toBeDefined()
    expect(same).toBe(one)
    expect(another).not.toBe(one)
  })

  test('answers JSON, or what it is told to', async () => {
    const limits = { rate: tokenBucket({ capacity: 1, refill: 1, per: '1h' }) }
    const json = await start({ limits, body: 'json' })
    await ask(json)
    expect(await ask(json)).toMatchObject({
      fields: { 'content-type': 'application/json' },
      body: '{"error":"Too Many Requests","limits":["rate"],"retryAfter":3600}',
    })
    const own = await start({
      limits,
      body: ({ violated, retryAfterSeconds, status, decision }) =>
        `${status} ${violated} ${retryAfterSeconds} ${decision.binding}`,
    })
    await ask(own)
    expect(await ask(own)).toMatchObject({
      status: 429,
      fields: { 'content-type': 'text/plain; charset=utf-8' },
      body: '429 rate 3600 rate',
    })
    const html = await start({ limits, body: () => ({ contentType: 'text/html', body: '<p>später' }) })
    await ask(html)
    expect(await ask(html)).toMatchObject({
      fields: { 'content-type': 'text/html', 'content-length': '10' },
      body: '<p>später',
    })
  })

  test('counts each key by itself, and hands handlers the decision', async () => {
    const port = await start({ key: byClient })
    await ask(port, as('a'))
    expect((await ask(port, { ...as('a'), path: '/decision' })).body).toBe('{"remaining":1}')
    expect((await ask(port, { ...as('b'), path: '/decision' })).body).toBe('{"remaining":2}')
    expect((await ask(port, { ...as('__proto__'), path: '/decision' })).body).toBe('{"remaining":2}')
  })

  test('counts limits by keys of their own, and names all of them', async () => {
    const port = await start({
      limits: {
        user: fixedWindow({ limit: 5, window: '1h' }),
        all: fixedWindow({ limit: 3, window: '1h' }),
      } as never,
      key: ((request: object) => ({ user: byClient(request), all: 'all' })) as never,
    })
    await ask(port, as('a'))
    const { fields } = await ask(port, as('b'))
    expect(fields['ratelimit-policy']).toBe('"user";q=5;w=3600, "all";q=3;w=3600')
    expect(fields['ratelimit']).toMatch(/^"user";r=4;t=\d+, "all";r=1;t=\d+$/)
    await ask(port, as('c'))
    // Only what denies is told then, so that no reset lies behind Retry-After.
    const denied = await ask(port, as('d'))
    expect(denied.body).toBe(`${QUOTA_EXCEEDED}["all"]}`)
    expect(denied.fields['ratelimit']).toBe(`"all";r=0;t=${denied.fields['retry-after']}`)
  })

  test('charges by method, or by what a function says', async () => {
    const byMethod = await start({ cost: { POST: 2, put: 3 } })
    await ask(byMethod, { method: 'POST' })
    expect((await ask(byMethod, { path: '/decision' })).body).toBe('{"remaining":0}')
    expect((await ask(byMethod, { method: 'PUT' })).status).toBe(429)
    const worked = await start({ cost: async (request) => Number(header(request, 'x-cost') ?? 1) })
    await ask(worked, { headers: { 'x-cost': '2' } })
    expect((await ask(worked, { path: '/decision', headers: { 'x-cost': '0' } })).body).toBe(
      '{"remaining":1}',
    )
  })

  test('picks limits by plan or by request', async () => {
    const plans = {
      free: { rate: fixedWindow({ limit: 1, window: '1h' }) },
      paid: { rate: fixedWindow({ limit: 9, window: '1h' }) },
    }
    const plan = async (request: object) => header(request, 'x-plan') ?? 'free'
    const port = await start({ limits: undefined, plans, plan } as never)
    const paid = { headers: { 'x-plan': 'paid' } }
    expect((await ask(port)).fields['ratelimit-policy']).toBe('"rate";q=1;w=3600')
    expect((await ask(port)).status).toBe(429)
    // What was used under the plan before counts.
    expect((await ask(port, { ...paid, path: '/decision' })).body).toBe('{"remaining":7}')
    expect((await ask(port, { headers: { 'x-plan': '__proto__' } })).status).toBe(500)

    const made = await start({
      limits: (request) => plans[header(request, 'x-plan') === 'paid' ? 'paid' : 'free'],
    })
    expect((await ask(made, paid)).fields['ratelimit-policy']).toBe('"rate";q=9;w=3600')
  })

  test('skips what it is told to, and tells what it decides', async () => {
    const told: string[] = []
    const port = await start({
      skip: async (request) => header(request, 'x-skip') === 'yes',
      onDecision: ({ allowed }) => void told.push(`decided ${allowed}`),
      onLimited: ({ binding }) => void told.push(`limited by ${binding}`),
    })
    const skipped = await ask(port, { headers: { 'x-skip': 'yes' } })
    expect(skipped.status).toBe(200)
    expect(skipped.fields['ratelimit']).toBeUndefined()
    for (let i = 0; i < 4; i++) await ask(port)
    expect(told).toEqual(['decided true', 'decided true', 'decided true', 'decided false', 'limited by rate'])
  })

  test('takes the address from declared proxies, and knows lists', async () => {
    const port = await start({
      proxies: ['127.0.0.0/8', '::1'],
      allowList: ['192.0.2.0/24'],
      denyList: ['2001:db8:bad::/48'],
    })
    const from = (address: string) => ({
      path: '/decision',
      headers: { 'x-forwarded-for': `6.6.6.6, ${address}` },
    })
    expect((await ask(port, from('198.51.100.1'))).body).toBe('{"remaining":2}')
    expect((await ask(port, from('198.51.100.1'))).body).toBe('{"remaining":1}')
    // One client has a network of IPv6.
    expect((await ask(port, from('2001:db8:1:2::1'))).body).toBe('{"remaining":2}')
    expect((await ask(port, from('2001:db8:1:2:ffff::2'))).body).toBe('{"remaining":1}')
    expect((await ask(port, from('192.0.2.7'))).body).toBe('{}')
    expect(await ask(port, from('2001:db8:bad:1::1'))).toMatchObject({
      status: 403,
      fields: { 'content-type': PROBLEM, 'cache-control': 'no-store' },
      body: '{"type":"about:blank","title":"Forbidden","status":403}',
    })
  })

  test('tries limits out: for all, by name, for a part of the keys', async () => {
    const strict = { strict: fixedWindow({ limit: 1, window: '1h' }) }
    const told: boolean[] = []
    const onDecision = ({ shadow }: { shadow: boolean }) => void told.push(shadow)
    const all = await start({ limits: strict, shadow: true, onDecision })
    await ask(all)
    const second = await ask(all)
    expect(second.status).toBe(200)
    expect(second.fields['ratelimit-policy']).toBeUndefined()
    expect(told).toEqual([false, true])

    const some = await start({ limits: strict, shadow: { strict: { enforced: 40 } } as never, key: byClient })
    const clients = Array.from({ length: 50 }, (_, i) => `client-${i}`)
    const statuses: number[] = []
    for (const client of clients) {
      await ask(some, as(client))
      statuses.push((await ask(some, as(client))).status)
    }
    const denied = statuses.filter((status) => status === 429).length
    expect(statuses.every((status) => status === 200 || status === 429)).toBe(true)
    expect(denied).toBeGreaterThan(5)
    expect(denied).toBeLessThan(35)
  })

  test('denies by 503 where the service’s own capacity is spent', async () => {
    const port = await start({
      limits: { load: tokenBucket({ capacity: 1, refill: 1, per: '1m' }) },
      capacity: ['load'] as never,
    })
    await ask(port)
    expect(await ask(port)).toMatchObject({
      status: 503,
      fields: { 'content-type': PROBLEM, 'retry-after': '60', 'cache-control': 'no-store' },
      body: '{"type":"https://iana.org/assignments/http-problem-types#temporary-reduced-capacity","title":"Temporary Reduced Capacity","status":503,"violated-policies":["load"]}',
    })
  })

  test('answers as declared when the store never answers', async () => {
    const silent: Store = { ...memoryStore(), decide: () => new Promise(() => {}) }
    const {
      decideSync: _,
      decideOne: __,
      adjustSync: ___,
      deleteSync: ____,
      ...store
    } = silent as Store & Record<string, unknown>
    const open = await ask(await start({ store: store as Store, failure: { onError: 'allow', timeout: 50 } }))
    expect(open).toMatchObject({ status: 200, body: 'hello' })
    expect(open.fields['ratelimit']).toBeUndefined()
    const closed = await ask(
      await start({ store: store as Store, failure: { onError: 'deny', timeout: 50 } }),
    )
    expect(closed).toMatchObject({ status: 503, fields: { 'content-type': PROBLEM, 'retry-after': '1' } })
    const local = await start({ store: store as Store, failure: { onError: memoryStore(), timeout: 50 } })
    expect((await ask(local)).fields['ratelimit']).toMatch(/^"rate";r=2;/)
  })

  test('answers as declared while a real store is silent, and counts again when it is back', async () => {
    const proxy = await startProxy(urlParts(inject('redisUrl')))
    const { store, close } = await openAt({ kind: 'redis', at: `redis://127.0.0.1:${proxy.port}` })
    onTestFinished(async () => {
      await close()
      await proxy.stop()
    })
    const scope = `frameworks-${crypto.randomUUID()}`
    const failure = { onError: 'deny', timeout: 200, breaker: false } as const
    const port = await start({ store, name: scope.slice(0, 40), key: () => 'all', failure })
    expect((await ask(port, { path: '/decision' })).body).toBe('{"remaining":2}')
    proxy.mode = 'blackhole'
    const from = performance.now()
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(port)))
    const took = performance.now() - from
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
    // The deadline, with room for a busy machine: what it must not do is hang.
    expect(took).toBeLessThan(2_000)
    proxy.mode = 'pass'
    proxy.reset()
    await expect.poll(async () => (await ask(port)).status, { timeout: 5_000 }).not.toBe(503)
  })

  test('lives through what no client should send', async () => {
    const port = await start({
      limits: { rate: fixedWindow({ limit: 1e6, window: '1h' }) } as never,
      key: byClient,
    })
    // What HTTP can carry in a field at all: anything but what ends a line.
    const octet = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x7f)
    const value = fc
      .array(octet, { minLength: 1, maxLength: 200 })
      .map((codes) => String.fromCharCode(...codes))
    await fc.assert(
      fc.asyncProperty(value, value, async (client, forwarded) => {
        const { status, fields } = await ask(port, {
          path: '/decision',
          headers: { 'x-client': client, 'x-forwarded-for': forwarded, forwarded: `for="${forwarded}"` },
        })
        expect(status).toBe(200)
        expect(fields['ratelimit']).toMatch(/^"rate";r=\d+;t=\d+$/)
      }),
      { numRuns: 100 },
    )
  })

  test('hands what the store fails with to the error handler, where nothing is declared', async () => {
    const store = memoryStore()
    await store.close()
    expect(await ask(await start({ store }))).toMatchObject({
      status: 500,
      body: expect.stringMatching(/^failed|Error/),
    })
  })

  test('refuses options that can’t be meant, before it serves', async () => {
    await expect(start({ proxies: true as never })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(start({ shadow: ['strct'] as never })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(start({ cost: 1.5 })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('makes requests wait for their turn, in order; who leaves frees its place', async () => {
    const port = await start({
      limits: { out: leakyBucket({ rate: 5, per: '1s', queue: 3 }) } as never,
      delay: true,
    })
    const gone = new AbortController()
    const done: string[] = []
    const run = (name: string, signal?: AbortSignal) =>
      ask(port, signal && { signal }).then(
        ({ status }) => void done.push(`${name} ${status}`),
        () => void done.push(`${name} gone`),
      )
    const first = run('a')
    await first
    const second = run('b')
    await pause(20)
    const third = run('c', gone.signal)
    await pause(20)
    const fourth = run('d')
    await pause(20)
    expect(done).toEqual(['a 200'])
    gone.abort()
    await third
    // Its place is free again, and no other.
    await pause(30)
    const fifth = run('e')
    await pause(20)
    const full = await ask(port)
    await Promise.all([second, fourth, fifth])
    expect(done).toEqual(['a 200', 'c gone', 'b 200', 'd 200', 'e 200'])
    expect(full.status).toBe(429)
  })

  test('settles by status and by bytes when the response is through', async () => {
    const failed = await start({ settle: ({ status }) => (status === 401 ? 1 : 0) })
    for (let i = 0; i < 5; i++) expect((await ask(failed)).status).toBe(200)
    for (let i = 0; i < 3; i++) {
      expect((await ask(failed, { path: '/status/401' })).status).toBe(401)
      await pause(20)
    }
    expect((await ask(failed)).status).toBe(429)

    const sent = await start({
      limits: { bytes: fixedWindow({ limit: 5_000, window: '1h' }) } as never,
      cost: 0,
      settle: ({ bytes }) => bytes,
    })
    await ask(sent, { path: '/bytes/1200' })
    await pause(20)
    expect((await ask(sent, { path: '/decision' })).body).toBe('{"remaining":3800}')
  })

  test('lets so many be under way at once', async () => {
    const limits = { running: concurrency({ limit: 2, lease: '1h' }) }
    const port = await start({ limits: limits as never })
    const gone = new AbortController()
    const one = ask(port, { path: '/held' })
    const two = ask(port, { path: '/held', signal: gone.signal }).catch(() => 'nobody waits for it')
    await expect.poll(() => underWay.length).toBe(2)
    const denied = await ask(port)
    expect(denied).toMatchObject({ status: 429, body: `${QUOTA_EXCEEDED}["running"]}` })
    expect(denied.fields).toMatchObject({
      'ratelimit-policy': '"running";q=2;qu="concurrent-requests"',
      ratelimit: expect.stringMatching(/^"running";r=0;t=3[56]\d\d$/),
      'retry-after': expect.stringMatching(/^3[56]\d\d$/),
    })

    // Each that passes gives its place back as well, though perhaps only just after its answer.
    const passes = () => expect.poll(async () => (await ask(port)).status).toBe(200)
    underWay.shift()?.()
    expect(await one).toMatchObject({ status: 200, body: 'held' })
    await passes()
    gone.abort()
    expect(await two).toBe('nobody waits for it')
    underWay.shift()?.()
    await passes()
    const decision = () => ask(port, { path: '/decision' })
    await expect.poll(async () => (await decision()).body).toBe('{"remaining":1}')
  })

  // A handler of fetch style isn't told what becomes of a response that it has handed over.
  if (!/hono|fetch/.test(name)) {
    test('a place is free when nobody wants the response any more', async () => {
      const limits = { running: concurrency({ limit: 1, lease: '1h' }) }
      const port = await start({ limits: limits as never })
      const response = await open(port, { path: '/bytes/30000000' })
      expect(response.statusCode).toBe(200)
      expect((await ask(port)).status).toBe(429)
      response.destroy()
      await expect.poll(async () => (await ask(port)).status).toBe(200)
    })
  }
})

function urlParts(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
