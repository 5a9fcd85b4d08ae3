import { fixedWindow } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type Finished, withRateLimit } from '../src/index.ts'

const limits = { rate: fixedWindow({ limit: 2, window: '1h' }) }
const request = () => new Request('http://localhost/')
const address = () => '192.0.2.1'

describe('a handler behind a guard', () => {
  test('gets what came beside the request, and so does `address`', async () => {
    const limited = withRateLimit((_, platform) => new Response(platform.name), {
      store: memoryStore(),
      limits,
      address: (_request: Request, platform: { readonly ip: string; readonly name: string }) => platform.ip,
    })
    expectTypeOf(limited).parameters.toEqualTypeOf<
      [Request, { readonly ip: string; readonly name: string }]
    >()
    expect(await (await limited(request(), { ip: '192.0.2.1', name: 'x' })).text()).toBe('x')
    await limited(request(), { ip: '192.0.2.1', name: 'x' })
    expect((await limited(request(), { ip: '192.0.2.1', name: 'x' })).status).toBe(429)
    expect((await limited(request(), { ip: '192.0.2.2', name: 'x' })).status).toBe(200)
  })

  test('may look at more than `address` does', async () => {
    const limited = withRateLimit(
      (_request: Request, context: { readonly id: number }) => Response.json(context.id),
      {
        store: memoryStore(),
        limits,
        key: () => 'all',
      },
    )
    expect(await (await limited(request(), { id: 7 })).json()).toBe(7)
  })

  test.each([undefined, ['10.0.0.0/8']])(
    'needs to know where the address comes from (proxies: %j)',
    (proxies) => {
      expect(() => withRateLimit(() => new Response(), { store: memoryStore(), limits, proxies })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', option: 'address' }),
      )
    },
  )

  test('takes the word of proxies that are counted, where no socket is to be seen', async () => {
    const limited = withRateLimit(() => new Response(), { store: memoryStore(), limits, proxies: 1 })
    const from = (field: string) =>
      limited(new Request('http://localhost/', { headers: { 'x-forwarded-for': field } }))
    await from('6.6.6.6, 192.0.2.1')
    await from('6.6.6.7, 192.0.2.1')
    expect((await from('6.6.6.8, 192.0.2.1')).status).toBe(429)
    expect((await from('192.0.2.2')).status).toBe(200)
    await expect(limited(request())).rejects.toMatchObject({ code: 'ADDRESS_UNKNOWN' })
  })

  test('may answer what can’t be changed: a redirect, a response that was fetched', async () => {
    const limited = withRateLimit(() => Response.redirect('http://localhost/there', 302), {
      store: memoryStore(),
      limits,
      address,
    })
    const { status, headers } = await limited(request())
    expect([status, headers.get('location')]).toEqual([302, 'http://localhost/there'])
    expect(headers.get('ratelimit-policy')).toBe('"rate";q=2;w=3600')
  })

  test('has its cost settled when the body is through, was left, or failed', async () => {
    const finished: Finished[] = []
    const chunk = new TextEncoder().encode('12345')
    let failing = false
    const body = () =>
      new ReadableStream({
        start: (controller) => controller.enqueue(chunk),
        pull: (controller) => (failing ? controller.error(new Error('torn')) : controller.close()),
      })
    const limited = withRateLimit(() => new Response(body()), {
      store: memoryStore(),
      limits: { bytes: fixedWindow({ limit: 1_000, window: '1h' }) },
      address,
      cost: 0,
      settle(end) {
        finished.push(end)
        return end.bytes
      },
    })
    expect(await (await limited(request())).text()).toBe('12345')
    await (await limited(request())).body?.cancel()
    failing = true
    await expect((await limited(request())).text()).rejects.toThrow('torn')
    await expect.poll(() => finished.length).toBe(3)
    expect(finished.map(({ aborted }) => aborted)).toEqual([false, true, true])
    expect(finished[0]).toEqual({ status: 200, bytes: 5, aborted: false })
  })

  test('has its cost settled when it throws, or answers nothing', async () => {
    const finished: Finished[] = []
    const settle = (end: Finished) => {
      finished.push(end)
      return 1
    }
    const failing = withRateLimit(
      () => {
        throw new Error('no')
      },
      { store: memoryStore(), limits, address, settle },
    )
    await expect(failing(request())).rejects.toThrow('no')
    const empty = withRateLimit(() => new Response(null, { status: 204 }), {
      store: memoryStore(),
      limits,
      address,
      settle,
    })
    await empty(request())
    expect(finished).toEqual([
      { status: 500, bytes: 0, aborted: false },
      { status: 204, bytes: 0, aborted: false },
    ])
  })

  test('a settlement that fails is told, and breaks nothing', async () => {
    const warnings: Error[] = []
    const limited = withRateLimit(() => new Response('x'), {
      store: memoryStore(),
      limits,
      address,
      settle: () => {
        throw new Error('settle')
      },
      onWarning: (warning) => void warnings.push(warning),
    })
    expect(await (await limited(request())).text()).toBe('x')
    await expect.poll(() => warnings.map(String)).toEqual(['Error: settle'])
  })
})
