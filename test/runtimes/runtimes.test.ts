import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { fixedWindow } from '@headgate/core'
import { withRateLimit } from '@headgate/http'
import { memoryStore } from '@headgate/memory'
import type { NextProxy, NextRequest } from 'next/server.js'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { type Asking, ask as askRaw } from '../frameworks/ask.ts'
import { type Served, served } from '../frameworks/framework.ts'
import { RUNTIMES } from './runtime.ts'

const BURST = '"burst";q=2;w=60'
const DENIED = {
  status: 429,
  fields: {
    'ratelimit-policy': BURST,
    ratelimit: '"burst";r=0;t=30',
    'retry-after': '30',
    'cache-control': 'no-store',
    'content-type': 'application/problem+json',
  },
  body: '{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Quota Exceeded","status":429,"violated-policies":["burst"]}',
}
/** For what follows an answer, or comes without one. */
const POLL = { timeout: 10_000 }

/** An answer of the application itself, with the guard's fields. */
function hello(fields: Readonly<Record<string, string>> = {}, body = 'hello') {
  return { status: 200, fields: { 'content-type': 'text/plain', ...fields }, body }
}

/** One that `burst` lets through. */
function allowed(ratelimit: string) {
  return hello({ 'ratelimit-policy': BURST, ratelimit })
}

// The answers are written out in full: what each runtime must give is the same text, so they are alike byte for byte.
describe.each(RUNTIMES)('$name', ({ shells, missing, start }) => {
  let server: Served | undefined
  beforeAll(async () => {
    if (missing === undefined) server = await start()
  }, 120_000)
  afterAll(() => server?.close())
  beforeEach(({ skip }) => skip(missing !== undefined, missing))

  /** All that is a guard's own. How the body is framed is each server's business. */
  async function ask(path: string, asking: Asking = {}) {
    const { status, fields, body } = await askRaw(server?.port ?? 0, { path, ...asking })
    const { 'content-length': _, ...own } = fields
    return { status, fields: own, body }
  }
  const as = (client: string) => ({ headers: { 'x-client': client } })

  describe.each(shells)('%s', (shell) => {
    const path = (guard: string) => `/${shell}/${guard}`

    test('counts by the client’s address, whatever the client says of it', async () => {
      const claiming = (address: string) =>
        ask(path('address'), {
          headers: { 'x-forwarded-for': address, 'x-real-ip': address, forwarded: `for=${address}` },
        })
      expect(await claiming('192.0.2.1')).toEqual(allowed('"burst";r=1;t=30'))
      expect(await claiming('192.0.2.2, 10.0.0.1')).toEqual(allowed('"burst";r=0;t=60'))
      expect(await claiming('2001:db8::1')).toEqual(DENIED)
      expect(await ask(path('address'))).toEqual(DENIED)
    })

    test('answers HEAD as GET, without a body', async () => {
      const head = { method: 'HEAD', ...as('head') }
      const { fields } = allowed('"burst";r=1;t=30')
      expect(await ask(path('client'), head)).toEqual({ status: 200, fields, body: '' })
      await ask(path('client'), head)
      expect(await ask(path('client'), head)).toEqual({ ...DENIED, body: '' })
    })

    test.each([
      ['of a prototype', '__proto__'],
      ['that is long', 'x'.repeat(4_000)],
      ['with braces', 'a}b{'],
      ['beyond ASCII', 'ÿ'],
    ])('counts a key %s by itself', async (_, client) => {
      await ask(path('client'), as(client))
      expect(await ask(path('client'), as(client))).toEqual(allowed('"burst";r=0;t=60'))
      expect(await ask(path('client'), as(client))).toEqual(DENIED)
    })

    test('knows calendars and time zones', async () => {
      // In Berlin an hour of 2026 is over already.
      expect(await ask(path('calendar'))).toEqual(
        hello({
          'ratelimit-policy': `${BURST}, "daily";q=1000;w=86400`,
          ratelimit: '"burst";r=1;t=30, "daily";r=999;t=82800',
        }),
      )
    })

    test('passes a request’s body on, and denies by what the method costs', async () => {
      const body = JSON.stringify({ text: 'später '.repeat(10_000) })
      const fields = { 'ratelimit-policy': '"work";q=8;w=8' }
      expect(await ask(path('cost'), { method: 'POST', body })).toEqual(
        hello({ ...fields, ratelimit: '"work";r=3;t=5' }, body),
      )
      expect(await ask(path('cost'), { method: 'POST', body })).toEqual({
        ...DENIED,
        fields: { ...DENIED.fields, ...fields, ratelimit: '"work";r=3;t=2', 'retry-after': '2' },
        body: DENIED.body.replace('burst', 'work'),
      })
      expect(await ask(path('cost'))).toEqual(hello({ ...fields, ratelimit: '"work";r=2;t=6' }))
    })

    test('counts nothing that is to be skipped', async () => {
      expect(await ask(path('skip'), { headers: { 'x-skip': 'yes' } })).toEqual(hello())
      expect(await ask(path('skip'))).toEqual(allowed('"burst";r=1;t=30'))
    })

    test('tells the partition by the same HMAC', async () => {
      expect(await ask(path('partition'))).toEqual(allowed('"burst";r=1;t=30;pk=:5pPDBnt+7t97VDx0WeHSdg==:'))
    })

    test('turns away whom the list denies', async () => {
      expect(await ask(path('banned'))).toEqual({
        status: 403,
        fields: { 'cache-control': 'no-store', 'content-type': 'application/problem+json' },
        body: '{"type":"about:blank","title":"Forbidden","status":403}',
      })
    })

    test('fails where the address isn’t told, rather than count all as one', async () => {
      expect(await ask(path('nowhere'))).toMatchObject({ status: 500, body: 'ADDRESS_UNKNOWN address' })
    })

    test('lets requests wait for their turn, and gives back that of a client who is gone', async () => {
      expect((await ask(path('line'))).status).toBe(200)
      const gone = new AbortController()
      const waiting = ask(path('line'), { signal: gone.signal })
      await expect.poll(async () => (await ask(path('line/left'))).body, POLL).toBe('0')
      gone.abort()
      await expect(waiting).rejects.toThrow()
      await expect.poll(async () => (await ask(path('line/left'))).body, POLL).toBe('1')
    })

    // Next's proxy.ts doesn't see the response that follows.
    if (shell === 'proxy') return
    test('settles by the bytes that went through', async () => {
      await ask(path('bytes'), { method: 'POST', body: 'x'.repeat(600) })
      await expect.poll(async () => (await ask(path('bytes/left'))).body, POLL).toBe('400')
    })
  })

  test('refuses a guard that could never know an address', async () => {
    expect(await ask('/undeclared')).toMatchObject({ status: 500, body: 'INVALID_OPTION address' })
  })

  test('runs the client, which waits as it is told and sends the same body again', async () => {
    const bodies: string[] = []
    let opensAt = Number.POSITIVE_INFINITY
    const peer = createServer(async (request, response) => {
      bodies.push(await text(request))
      const isServed = performance.now() >= opensAt
      // A timer may fire a moment early; who backs off at random comes back long before.
      if (bodies.length === 1) opensAt = performance.now() + 990
      response.writeHead(isServed ? 200 : 429, isServed ? {} : { 'retry-after': '1' }).end('at last')
    }).listen(0, '127.0.0.1')
    const { port, close } = await served(peer, once(peer, 'listening'))
    onTestFinished(close)
    expect(await ask(`/call?peer=http://127.0.0.1:${port}/`)).toEqual(hello({}, '200 at last'))
    expect(bodies).toEqual(['später', 'später'])
  })
})

test('a handler with a guard is what Next.js takes for a route, and for a proxy', () => {
  const limited = withRateLimit(() => new Response('hello'), {
    store: memoryStore(),
    limits: { rate: fixedWindow({ limit: 1, window: '1h' }) },
    proxies: 1,
  })
  type Route = (request: NextRequest, context: { readonly params: Promise<object> }) => Promise<Response>
  expectTypeOf(limited).toExtend<Route>()
  expectTypeOf(limited).toExtend<NextProxy>()
})
