import { describe, expect, test, vi } from 'vitest'
import { createFetch } from '../src/index.ts'
import { serve } from './support.ts'
import { virtualClock } from './virtual-clock.ts'

/** Real sockets, and a clock on which waiting takes no time. */
function quick(options = {}) {
  const clock = virtualClock()
  const fetch = createFetch({ clock: { ...clock, sleep: async () => clock.pass(60_000) }, ...options })
  return fetch
}

/** A server that denies the first time. */
const deniesOnce = () =>
  serve((response, _seen, count) => {
    if (count === 1) response.writeHead(429, { 'retry-after': '1' })
    response.end(`answer ${count}`)
  })

describe('a body is sent again as it was', () => {
  const form = () => {
    const data = new FormData()
    data.append('name', 'value')
    data.append('file', new File(['content'], 'f.txt', { type: 'text/x' }))
    return data
  }
  test.each<[string, () => RequestInit['body'], string]>([
    ['string', () => 'text äö', 'text Ã¤Ã¶'],
    ['URLSearchParams', () => new URLSearchParams({ a: '1 2' }), 'a=1+2'],
    ['Blob', () => new Blob(['blob'], { type: 'text/x' }), 'blob'],
    ['ArrayBuffer', () => new TextEncoder().encode('buffer').buffer, 'buffer'],
    ['Uint8Array', () => new TextEncoder().encode('xbytesx').subarray(1, 6), 'bytes'],
    ['DataView', () => new DataView(new TextEncoder().encode('view').buffer, 1), 'iew'],
    ['Buffer', () => Buffer.from('node'), 'node'],
  ])('%s', async (_, body, text) => {
    const { url, seen } = await deniesOnce()
    const response = await quick()(url, { method: 'POST', body: body() ?? null, headers: { 'x-a': 'b' } })
    expect(await response.text()).toBe('answer 2')
    expect(seen.map((one) => one.body)).toEqual([text, text])
    expect(seen[1]?.headers).toEqual(seen[0]?.headers)
    expect(seen[0]?.headers['x-a']).toBe('b')
  })

  test('FormData', async () => {
    const { url, seen } = await deniesOnce()
    await quick()(url, { method: 'POST', body: form() })
    const parts = seen.map(({ body, headers }) =>
      body.replaceAll(`${headers['content-type']}`.slice(30), '|'),
    )
    expect(parts[1]).toBe(parts[0])
    expect(parts[0]).toContain('filename="f.txt"')
    expect(parts[0]).toContain('content')
  })

  test('a Request', async () => {
    const { url, seen } = await deniesOnce()
    const request = new Request(url, { method: 'PUT', body: 'of a Request', headers: { 'x-a': 'b' } })
    const response = await quick()(request, { headers: { 'x-c': 'd' } })
    expect(response.status).toBe(200)
    expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual([
      'PUT of a Request',
      'PUT of a Request',
    ])
    expect(seen.map(({ headers }) => headers['x-c'])).toEqual(['d', 'd'])
    expect(request.bodyUsed).toBe(true)
  })

  test('a Request without a body, and one whose body is replaced', async () => {
    const { url, seen } = await serve((response, _seen, count) => {
      if (count % 2 === 1) response.writeHead(429, { 'retry-after': '1' })
      response.end()
    })
    const fetch = quick()
    expect((await fetch(new Request(url))).status).toBe(200)
    const posted = new Request(url, { method: 'POST', body: 'old' })
    expect((await fetch(posted, { body: 'new' })).status).toBe(200)
    expect(seen.map(({ body }) => body)).toEqual(['', '', 'new', 'new'])
  })

  test('and not as it became after the call', async () => {
    const { url, seen } = await deniesOnce()
    const bytes = new TextEncoder().encode('as it was')
    const headers = { 'x-a': 'as it was' }
    const address = new URL(url)
    const call = quick()(address, { method: 'POST', body: bytes, headers })
    bytes.fill(0)
    headers['x-a'] = 'changed'
    address.port = '1'
    expect((await call).status).toBe(200)
    expect(seen.map(({ body, headers }) => [body, headers['x-a']])).toEqual([
      ['as it was', 'as it was'],
      ['as it was', 'as it was'],
    ])
  })

  test.each<[string, () => [RequestInit['body'], () => void], string]>([
    [
      'ArrayBuffer',
      () => {
        const { buffer } = new TextEncoder().encode('as it was')
        return [buffer, () => new Uint8Array(buffer).fill(0)]
      },
      'as it was',
    ],
    [
      'URLSearchParams',
      () => {
        const body = new URLSearchParams({ a: 'as it was' })
        return [body, () => body.set('a', 'changed')]
      },
      'a=as+it+was',
    ],
    [
      'FormData',
      () => {
        const body = new FormData()
        body.set('a', 'as it was')
        return [body, () => body.set('a', 'changed')]
      },
      'as it was',
    ],
  ])('nor is %s', async (_, make, text) => {
    const { url, seen } = await deniesOnce()
    const [body, change] = make()
    const call = quick()(url, { method: 'POST', body: body ?? null })
    change()
    expect((await call).status).toBe(200)
    expect(seen.map((one) => one.body.includes(text))).toEqual([true, true])
  })
})

describe('a body that may not come twice is sent once', () => {
  const stream = (text: string, chunks = 1) =>
    new ReadableStream({
      start(controller) {
        for (let i = 0; i < chunks; i++) controller.enqueue(new TextEncoder().encode(text))
        controller.close()
      },
    })

  test.each<[string, () => RequestInit['body']]>([
    ['a stream', () => stream('streamed')],
    [
      'an iterable',
      () =>
        (async function* () {
          yield new TextEncoder().encode('streamed')
        })() as never,
    ],
  ])('%s', async (_, body) => {
    const { url, seen } = await deniesOnce()
    const response = await quick()(url, {
      method: 'POST',
      body: body() ?? null,
      duplex: 'half',
    } as RequestInit)
    expect(response.status).toBe(429)
    expect(await response.text()).toBe('answer 1')
    expect(seen.map(({ body }) => body)).toEqual(['streamed'])
  })

  test('a Request of more than 1 MiB', async () => {
    const { url, seen } = await deniesOnce()
    const body = stream('x'.repeat(2 ** 16), 17)
    const response = await quick()(new Request(url, { method: 'POST', body, duplex: 'half' } as RequestInit))
    expect(response.status).toBe(429)
    expect(seen.map(({ body }) => body.length)).toEqual([17 * 2 ** 16])
  })

  test('a Request whose body is still on its way when the denial comes', async () => {
    const { url, seen } = await serve(
      (response) => response.writeHead(429, { 'retry-after': '1' }).end('denied'),
      { read: false },
    )
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) })
    const request = new Request(url, { method: 'POST', body, duplex: 'half' } as RequestInit)
    const response = await quick()(request)
    expect(await response.text()).toBe('denied')
    expect(seen).toHaveLength(1)
  })

  test('a Request that was read already is refused as fetch refuses it', async () => {
    const { url, seen } = await deniesOnce()
    const request = new Request(url, { method: 'POST', body: 'used' })
    await request.text()
    await expect(quick()(request)).rejects.toThrow(TypeError)
    expect(seen).toHaveLength(0)
  })

  test('another Request as the init', async () => {
    const { url, seen } = await deniesOnce()
    const init = new Request('http://elsewhere.test/', { method: 'DELETE', headers: { 'x-a': 'b' } })
    expect((await quick()(url, init)).status).toBe(200)
    expect(seen.map(({ method, headers }) => [method, headers['x-a']])).toEqual([
      ['DELETE', 'b'],
      ['DELETE', 'b'],
    ])
  })
})

describe('connections', () => {
  test('the response that is not returned is cancelled, and its connection freed', async () => {
    let closed = false
    const { url } = await serve((response, _seen, count) => {
      if (count > 1) {
        response.end('done')
        return
      }
      response.on('close', () => {
        closed = true
      })
      // Never ends by itself.
      response.writeHead(429, { 'retry-after': '1' }).write('x')
    })
    expect(await (await quick()(url)).text()).toBe('done')
    await expect.poll(() => closed).toBe(true)
  })

  test('also when the wait is aborted', async () => {
    const close = vi.fn()
    const { url } = await serve((response) => {
      response.on('close', close)
      response.writeHead(429, { 'retry-after': '50' }).write('x')
    })
    const seen: Response[] = []
    const spy = async (...args: Parameters<typeof globalThis.fetch>): Promise<Response> => {
      // The platform isn't told of the signal, so only the wrapper can free it.
      const response = await globalThis.fetch(args[0])
      seen.push(response)
      return response
    }
    const controller = new AbortController()
    const call = createFetch({ fetch: spy })(url, { signal: controller.signal })
    const caught = call.catch((reason: unknown) => reason)
    await expect.poll(() => seen).toHaveLength(1)
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort('enough')
    expect(await caught).toBe('enough')
    await expect.poll(() => close).toHaveBeenCalled()
  })
})

describe('network errors', () => {
  const breaksOnce = () =>
    serve((response, _seen, count) => {
      if (count === 1) response.socket?.destroy()
      else response.end('done')
    })

  test('are not sent again', async () => {
    const { url, seen } = await breaksOnce()
    await expect(quick()(url)).rejects.toThrow(TypeError)
    expect(seen).toHaveLength(1)
  })

  test('are if asked for, where the method is idempotent and the body comes twice', async () => {
    const again = quick({ retryNetworkErrors: true, random: () => 0.5 })
    for (const [method, body] of [['GET'], ['put', 'text'], ['DELETE']]) {
      const { url, seen } = await breaksOnce()
      const response = await again(url, { method: `${method}`, ...(body && { body }) })
      expect(await response.text()).toBe('done')
      expect(seen.map((one) => one.body)).toEqual([body ?? '', body ?? ''])
    }
    const { url, seen } = await breaksOnce()
    await expect(again(url, { method: 'POST', body: 'text' })).rejects.toThrow(TypeError)
    expect(seen).toHaveLength(1)
    const other = await breaksOnce()
    const stream = { method: 'PUT', body: new Blob(['text']).stream(), duplex: 'half' } as RequestInit
    await expect(again(other.url, stream)).rejects.toThrow(TypeError)
    expect(other.seen).toHaveLength(1)
  })

  test('end with the attempts', async () => {
    const { url, seen } = await serve((response) => response.socket?.destroy())
    await expect(quick({ retryNetworkErrors: true, maxAttempts: 3 })(url)).rejects.toThrow(TypeError)
    expect(seen).toHaveLength(3)
  })

  test('an abort in flight is none', async () => {
    const controller = new AbortController()
    const { url, seen } = await serve(() => controller.abort('enough'))
    const call = quick({ retryNetworkErrors: true })(url, { signal: controller.signal })
    await expect(call).rejects.toBe('enough')
    expect(seen).toHaveLength(1)
  })
})

test("in real time, by the server's own clock", async () => {
  const { url, seen } = await deniesOnce()
  const response = await createFetch()(url)
  expect(response.status).toBe(200)
  expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(990)
})

test('two callers at once, where one request remains', async () => {
  let left = 2
  const { url, seen } = await serve((response) => {
    left--
    response.writeHead(left < 0 ? 429 : 200, { ratelimit: `"a";r=${Math.max(0, left)};t=30` }).end()
    if (left <= 0) left = 2
  })
  const fetch = quick()
  await fetch(url)
  const responses = await Promise.all([fetch(url), fetch(url), fetch(url)])
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(seen).toHaveLength(4)
})

test('what has no origin is left to fetch', async () => {
  const fetch = quick()
  expect(await (await fetch('data:,text')).text()).toBe('text')
  await expect(fetch('no url')).rejects.toThrow(TypeError)
  await expect(fetch(undefined as never)).rejects.toThrow(TypeError)
  await expect(fetch(null as never)).rejects.toThrow(TypeError)
})
