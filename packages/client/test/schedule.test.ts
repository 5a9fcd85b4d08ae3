import { describe, expect, test } from 'vitest'
import { reply, simulate } from './support.ts'
import { START } from './virtual-clock.ts'

const URL_A = 'http://a.test/'
const at = (sent: readonly { at: number }[]): number[] => sent.map((one) => one.at)

describe('after a denial', () => {
  test.each<[string, number, Record<string, string>]>([
    ['Retry-After in seconds', 3_000, { 'retry-after': '3' }],
    ['Retry-After as a date', 3_000, { 'retry-after': new Date(START + 3_000).toUTCString() }],
    ['RateLimit', 3_000, { ratelimit: '"a";r=0;t=3' }],
    ['the longest of several', 9_000, { ratelimit: '"a";r=0;t=3, "b";r=0;t=9, "c";r=5;t=50' }],
    ['draft 7', 3_000, { ratelimit: 'limit=1, remaining=0, reset=3' }],
    ['draft 6', 3_000, { 'ratelimit-remaining': '0', 'ratelimit-reset': '3' }],
    ['legacy', 3_000, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${START / 1_000 + 3}` }],
    ['Retry-After before RateLimit', 3_000, { 'retry-after': '3', ratelimit: '"a";r=0;t=40' }],
  ])('%s: it is sent again exactly then', async (_, wait, headers) => {
    const { clock, fetch, sent } = simulate((now) => (now < wait ? reply(429, headers) : reply(200)))
    const response = await clock.run(fetch(URL_A))
    expect(await response.text()).toBe('status 200')
    expect(at(sent)).toEqual([0, wait])
  })

  test('of 503, only if it has Retry-After', async () => {
    const named = simulate((now) => (now < 2_000 ? reply(503, { 'retry-after': '2' }) : reply(200)))
    expect((await named.clock.run(named.fetch(URL_A))).status).toBe(200)
    const plain = simulate(() => reply(503, { 'retry-after': 'soon' }))
    expect((await plain.clock.run(plain.fetch(URL_A))).status).toBe(503)
    expect(at(plain.sent)).toEqual([0])
  })

  test.each([200, 302, 400, 403, 500, 502, 504])('a %i is not sent again', async (status) => {
    const { clock, fetch, sent } = simulate(() => reply(status, { 'retry-after': '1' }))
    expect((await clock.run(fetch(URL_A))).status).toBe(status)
    expect(sent).toHaveLength(1)
  })

  test('the wait is random below a bound that doubles, up to maxWait, when no time is named', async () => {
    const { clock, fetch, sent } = simulate(() => reply(429, { 'retry-after': '0' }), {
      backoff: '1s',
      maxWait: '5s',
      maxAttempts: 6,
      random: () => 0.5,
    })
    expect((await clock.run(fetch(URL_A))).status).toBe(429)
    expect(at(sent)).toEqual([0, 500, 1_500, 3_500, 6_000, 8_500])
  })
})

describe('one budget per origin', () => {
  test('an answer that leaves nothing makes the next one wait', async () => {
    const { clock, fetch, sent } = simulate(() => reply(200, { ratelimit: '"a";r=0;t=5' }))
    await clock.run(fetch(URL_A))
    await clock.run(fetch(`${URL_A}elsewhere`))
    expect(at(sent)).toEqual([0, 5_000])
  })

  test('other origins do not wait', async () => {
    const { clock, fetch, sent } = simulate(() => reply(200, { ratelimit: '"a";r=0;t=5' }))
    await clock.run(fetch(URL_A))
    await clock.run(Promise.all([fetch('http://a.test:81/'), fetch('http://b.test/')]))
    expect(at(sent)).toEqual([0, 0, 0])
  })

  test('those who wait go in their order: one, then two more with each success', async () => {
    let open = false
    const { clock, fetch, sent } = simulate(
      () => (open ? reply(200) : reply(429, { 'retry-after': '1' })),
      {},
      () => 50,
    )
    const first = fetch(`${URL_A}0`)
    await clock.pass(200)
    open = true
    const others = Array.from({ length: 9 }, (_, i) => fetch(`${URL_A}${i + 1}`))
    await clock.run(Promise.all([first, ...others]))
    expect(sent.map(({ url }) => url.slice(URL_A.length))).toEqual([...'00123456789'])
    // The denial arrived at 100.
    expect(at(sent).slice(1)).toEqual([1_100, 1_200, 1_200, 1_300, 1_300, 1_300, 1_300, 1_400, 1_400, 1_400])
  })

  test('one more than remains is held until an answer tells that there is room', async () => {
    const remaining = [2, 9, 8, 7, 6]
    const { clock, fetch, sent } = simulate(
      (_now, _url, count) => reply(200, { ratelimit: `"a";r=${remaining[count - 1]};t=60` }),
      {},
      () => 10,
    )
    await clock.run(fetch(URL_A))
    await clock.run(Promise.all([1, 2, 3].map(() => fetch(URL_A))))
    expect(at(sent)).toEqual([0, 20, 20, 40])
  })

  test('an answer that says nothing may have been counted', async () => {
    const { clock, fetch, sent } = simulate((_now, _url, count) =>
      count === 1 ? reply(200, { ratelimit: '"a";r=2;t=60' }) : reply(201),
    )
    for (let i = 0; i < 4; i++) await clock.run(fetch(URL_A))
    expect(at(sent)).toEqual([0, 0, 0, 60_000])
  })

  test('a number whose time is over says nothing of how many may go', async () => {
    const { clock, fetch, sent } = simulate(
      (now) => (now < 1_000 ? reply(429, { 'retry-after': '1' }) : reply(200, { ratelimit: '"a";r=9;t=0' })),
      {},
      () => 10,
    )
    await clock.run(Promise.all([1, 2, 3, 4].map(() => fetch(URL_A))))
    expect(at(sent).slice(4)).toEqual([1_020, 1_040, 1_040, 1_060])
  })

  test('policies are kept by name, whatever the name', async () => {
    const { clock, fetch, sent } = simulate((now) =>
      reply(200, { ratelimit: now === 0 ? '"__proto__";r=0;t=2' : '"constructor";r=0;t=3' }),
    )
    for (let i = 0; i < 3; i++) await clock.run(fetch(URL_A))
    expect(at(sent)).toEqual([0, 2_000, 5_000])
  })
})

describe('an aborted wait', () => {
  test.each(['first', 'again'])('rejects with the reason and leaves nothing: to be sent %s', async (kind) => {
    const { clock, fetch, sent } = simulate(() => reply(429, { 'retry-after': '9' }), { maxAttempts: 2 })
    const earlier = kind === 'first' ? fetch(URL_A) : undefined
    await clock.settle()
    const controller = new AbortController()
    const waiting = fetch(URL_A, { signal: controller.signal })
    const caught = waiting.catch((reason: unknown) => reason)
    await clock.settle()
    expect(sent).toHaveLength(1)
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await caught).toBe(reason)
    await clock.settle()
    expect(clock.asleep()).toBe(earlier ? 1 : 0)
    if (earlier) await clock.run(earlier)
    expect(sent).toHaveLength(earlier ? 2 : 1)
  })

  test("doesn't hold up those behind it", async () => {
    const { clock, fetch, sent } = simulate(() => reply(200, { ratelimit: '"a";r=0;t=1' }))
    await clock.run(fetch(`${URL_A}0`))
    const controller = new AbortController()
    const calls = [1, 2, 3].map((i) =>
      fetch(`${URL_A}${i}`, i === 2 ? { signal: controller.signal } : {}).catch(() => undefined),
    )
    await clock.settle()
    controller.abort()
    await clock.run(Promise.all(calls))
    expect(sent).toEqual([
      { url: `${URL_A}0`, at: 0 },
      { url: `${URL_A}1`, at: 1_000 },
      { url: `${URL_A}3`, at: 2_000 },
    ])
  })

  test("is one by the signal that fetch goes by: the init's, and null takes a Request's away", async () => {
    const { clock, fetch, sent } = simulate(() => reply(200, { ratelimit: '"a";r=0;t=1' }))
    await clock.run(fetch(URL_A))
    const [own, other] = [new AbortController(), new AbortController()]
    const request = new Request(URL_A, { signal: own.signal })
    const calls = [
      fetch(request).catch((reason: unknown) => reason),
      fetch(request, { signal: null }),
      fetch(request, { signal: other.signal }).catch((reason: unknown) => reason),
    ]
    await clock.settle()
    own.abort('own')
    other.abort('other')
    const [first, second, third] = await clock.run(Promise.all(calls))
    expect([first, third]).toEqual(['own', 'other'])
    expect(second).toBeInstanceOf(Response)
    expect(sent).toHaveLength(2)
  })

  test('in flight leaves the line alone', async () => {
    const { clock, fetch, sent } = simulate(
      () => reply(200, { ratelimit: '"a";r=1;t=60' }),
      {},
      () => 10,
    )
    await clock.run(fetch(URL_A))
    const controller = new AbortController()
    const calls = [fetch(URL_A, { signal: controller.signal }), fetch(URL_A)]
    await clock.settle()
    controller.abort()
    await clock.run(Promise.all(calls))
    expect(at(sent)).toEqual([0, 20, 40])
  })

  test('was aborted before: nothing is sent', async () => {
    const { fetch, sent } = simulate(() => reply(200))
    await expect(fetch(URL_A, { signal: AbortSignal.abort('no') })).rejects.toBe('no')
    const request = new Request(URL_A, { signal: AbortSignal.abort('no') })
    await expect(fetch(request)).rejects.toBe('no')
    expect(sent).toHaveLength(0)
  })
})

describe('caps', () => {
  test('after maxAttempts the last response is returned, unread', async () => {
    const { clock, fetch, sent } = simulate((_now, _url, count) =>
      reply(429, { 'retry-after': '1', 'x-count': `${count}` }),
    )
    const response = await clock.run(fetch(URL_A))
    expect(response.headers.get('x-count')).toBe('5')
    expect(await response.text()).toBe('status 429')
    expect(at(sent)).toEqual([0, 1_000, 2_000, 3_000, 4_000])
  })

  test.each<Record<string, string>>([{ 'retry-after': '61' }, { ratelimit: '"a";r=0;t=61, "b";r=0;t=1' }])(
    'a wait longer than maxWait is not begun: %j',
    async (headers) => {
      const { clock, fetch } = simulate(() => reply(429, headers))
      expect((await clock.run(fetch(URL_A))).status).toBe(429)
      expect(clock.ms()).toBe(0)
    },
  )

  test('nor one that would end past maxTime', async () => {
    const { clock, fetch, sent } = simulate(() => reply(429, { 'retry-after': '4' }), { maxTime: '10s' })
    const response = await clock.run(fetch(URL_A))
    expect(await response.text()).toBe('status 429')
    expect(at(sent)).toEqual([0, 4_000, 8_000])
    expect(clock.ms()).toBe(8_000)
  })

  test('who waits in line past maxTime gets the response it had, whole', async () => {
    const { clock, fetch, sent } = simulate(
      (now) => (now < 1_000 ? reply(429, { 'retry-after': '1' }) : reply(200, { ratelimit: '"a";r=0;t=4' })),
      { maxTime: '3s' },
    )
    const [first, second] = await clock.run(Promise.all([fetch(URL_A), fetch(URL_A)]))
    expect(first?.status).toBe(200)
    expect(second?.status).toBe(429)
    expect(await second?.text()).toBe('status 429')
    expect(at(sent)).toEqual([0, 0, 1_000])
  })

  test('who was never sent by then is told so by a TimeoutError', async () => {
    const { clock, fetch, sent } = simulate(() => reply(200, { ratelimit: '"a";r=0;t=30' }), {
      maxTime: '10s',
    })
    await clock.run(fetch(URL_A))
    const late = fetch(URL_A)
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(sent).toHaveLength(1)
    expect(clock.asleep()).toBe(0)
  })

  test('a server that is closed for a year is asked once per maxWait', async () => {
    const { clock, fetch, sent } = simulate(() => reply(429, { 'retry-after': '31536000' }))
    const calls = Array.from({ length: 3 }, async () => {
      await clock.settle()
      return fetch(URL_A)
    })
    const responses = await clock.run(Promise.all([fetch(URL_A), ...calls]))
    expect(responses.map(({ status }) => status)).toEqual([429, 429, 429, 429])
    expect(at(sent)).toEqual([0, 60_000, 120_000, 180_000])
  })

  test('nor does a network error wait past maxTime, and it stays what it was', async () => {
    const down = new TypeError('down')
    const { clock, fetch, sent } = simulate(
      () => {
        throw down
      },
      { retryNetworkErrors: true, backoff: '4s', maxTime: '5s', random: () => 0.9 },
    )
    await expect(clock.run(fetch(URL_A))).rejects.toBe(down)
    expect(at(sent)).toEqual([0, 3_600])
    expect(clock.ms()).toBe(3_600)
  })

  test('also when the line has no turn for it any more', async () => {
    const down = new TypeError('down')
    const { clock, fetch } = simulate(
      (_now, _url, count) => {
        if (count === 1) throw down
        return reply(200, { ratelimit: '"a";r=0;t=30' })
      },
      { retryNetworkErrors: true, backoff: '4s', maxTime: '5s', random: () => 0.9 },
    )
    const failing = fetch(URL_A).catch((error: unknown) => error)
    await clock.settle()
    expect((await fetch(URL_A)).status).toBe(200)
    expect(await clock.run(failing)).toBe(down)
  })
})
