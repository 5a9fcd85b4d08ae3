import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSaid } from '../src/said.ts'
import { reply, type Sent, simulate } from './support.ts'
import { START } from './virtual-clock.ts'

/** Numbers in turn, and again from the start. */
function turns<T>(values: readonly T[]): () => T {
  let next = 0
  return () => values[next++ % values.length] as T
}

const latencies = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 20 })
const starts = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 15 })

type Answer = { status: number; headers: Record<string, string>; named: number }

/** Answers, each with for how many milliseconds its server names no time to be sent before. */
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant({ status: 200, headers: {}, named: 0 }),
  fc.constant({ status: 429, headers: {}, named: 0 }),
  fc.tuple(fc.constantFrom(429, 503), fc.integer({ min: 0, max: 15 })).map(([status, s]) => ({
    status,
    headers: { 'retry-after': `${s}` },
    named: s * 1_000,
  })),
  fc.tuple(fc.constantFrom(200, 429), fc.nat(2), fc.nat(15)).map(([status, r, t]) => ({
    status,
    headers: { ratelimit: `"a";r=${r};t=${t}` },
    named: r === 0 ? t * 1_000 : 0,
  })),
  fc.tuple(fc.nat(2), fc.nat(15)).map(([r, t]) => ({
    status: 404,
    headers: { 'x-ratelimit-remaining': `${r}`, 'x-ratelimit-reset': `${t}` },
    named: r === 0 ? t * 1_000 : 0,
  })),
)

test('nothing is sent before the time the server named, and no cap is exceeded', async () => {
  const options = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 6 }),
    maxWait: fc.integer({ min: 1, max: 20_000 }),
    maxTime: fc.integer({ min: 1, max: 60_000 }),
    backoff: fc.integer({ min: 1, max: 5_000 }),
  })
  const random = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { minLength: 1 }),
      starts,
      latencies,
      options,
      random,
      async (...given) => {
        const [answers, at, delays, caps, randoms] = given
        const next = turns(answers)
        const named: { after: number; until: number }[] = []
        const { clock, fetch, sent } = simulate(() => reply(500), {
          ...caps,
          random: turns(randoms),
          // What the wrapper hears, and when.
          fetch: async (input) => {
            const url = String(input)
            sent.push({ url, at: clock.ms() })
            await clock.sleep(pause())
            const one = next()
            await clock.sleep(pause())
            named.push({ after: sent.length, until: clock.ms() + Math.min(one.named, caps.maxWait) })
            return reply(one.status, one.headers)
          },
        })
        const pause = turns(delays.map((ms) => ms + 1))
        const calls = at.map(async (start, i) => {
          if (start > 0) await clock.sleep(start)
          const begun = clock.ms()
          const end = await fetch(`http://a.test/${i}`).then(
            (response) => response.status,
            (error: Error) => error.name,
          )
          const own = sent.filter(({ url }) => url.endsWith(`/${i}`))
          expect(own.length).toBeLessThanOrEqual(caps.maxAttempts)
          for (const { at } of own) expect(at).toBeLessThan(begun + caps.maxTime)
          expect(clock.ms()).toBeLessThanOrEqual(begun + caps.maxTime + 2 * 701)
          if (own.length === 0) expect(end).toBe('TimeoutError')
          else expect(end).toBeTypeOf('number')
        })
        await clock.run(Promise.all(calls))
        expect(clock.asleep()).toBe(0)
        for (const { after, until } of named) {
          for (const { at } of sent.slice(after)) expect(at).toBeGreaterThanOrEqual(until)
        }
        // Each for the first time, in the order of the calls.
        const order = at.map((start, i) => ({ start, i })).sort((a, b) => a.start - b.start || a.i - b.i)
        const firsts = [...new Set(sent.map(({ url }) => url))]
        const expected = order.map(({ i }) => `http://a.test/${i}`).filter((url) => firsts.includes(url))
        expect(firsts).toEqual(expected)
      },
    ),
    { numRuns: 300 },
  )
})

/** A server with a fixed window, and what it denied. */
function windowed(limit: number, windowMs: number, retryAfter: boolean) {
  let window = -1
  let count = 0
  const denied: number[] = []
  return {
    denied,
    answer(now: number, sentCount: number): Response {
      const current = Math.floor(now / windowMs)
      if (current > window) {
        window = current
        count = 0
      }
      const t = `${Math.ceil(((current + 1) * windowMs - now) / 1_000)}`
      const isDenied = count >= limit
      if (isDenied) denied.push(sentCount)
      else count++
      return reply(isDenied ? 429 : 200, {
        ratelimit: `"w";r=${limit - count};t=${t}`,
        ...(isDenied && retryAfter && { 'retry-after': t }),
      })
    },
  }
}

/** How many were sent before the wrapper heard anything. */
function uninformed(sent: readonly Sent[], firstHeard: number): number {
  return sent.filter(({ at }) => at <= firstHeard).length
}

async function against(
  limit: number,
  windowMs: number,
  at: readonly number[],
  delays: readonly number[],
  retryAfter: boolean,
): Promise<{ denied: number; uninformed: number; statuses: number[] }> {
  const server = windowed(limit, windowMs, retryAfter)
  const pause = turns(delays.map((ms) => ms + 1))
  let firstHeard = Number.POSITIVE_INFINITY
  const { clock, fetch, sent } = simulate(() => reply(500), {
    maxTime: '1d',
    maxWait: '1h',
    fetch: async (input) => {
      sent.push({ url: String(input), at: clock.ms() })
      await clock.sleep(pause())
      const response = server.answer(clock.ms(), sent.length)
      await clock.sleep(pause())
      firstHeard = Math.min(firstHeard, clock.ms())
      return response
    },
  })
  const statuses = await clock.run(
    Promise.all(
      at.map(async (start) => {
        if (start > 0) await clock.sleep(start)
        return (await fetch('http://a.test/')).status
      }),
    ),
  )
  const early = uninformed(sent, firstHeard)
  return { denied: server.denied.length, uninformed: early, statuses }
}

test('callers at once never exceed what the server said remains', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 30 }), starts, latencies, fc.boolean(), async (...given) => {
      const [limit, at, delays, retryAfter] = given
      // Time enough that the window ends only when all that fits was sent.
      const { denied, uninformed, statuses } = await against(limit, 3_600_000, at, delays, retryAfter)
      // Of those that were sent before anything was known, the server may deny what it has no room for, and no other.
      expect(denied).toBe(Math.max(0, uninformed - limit))
      expect(statuses.every((status) => status === 200)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('nor do those who wait for the next windows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 2, max: 10 }),
      fc.integer({ min: 1, max: 40 }),
      latencies,
      fc.boolean(),
      async (limit, seconds, callers, delays, retryAfter) => {
        const at = Array.from({ length: callers }, () => 0)
        const { denied, statuses } = await against(limit, seconds * 1_000, at, delays, retryAfter)
        expect(statuses.every((status) => status === 200)).toBe(true)
        // Nothing was known of the burst; from then on nobody is denied.
        expect(denied).toBe(Math.max(0, callers - limit))
      },
    ),
    { numRuns: 200 },
  )
})

/** Values that a header can have. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 60 }),
    fc.stringMatching(/^[-+]?\d{0,20}(\.\d{0,3})?$/),
    fc.stringMatching(/^"[a-z_]{0,9}";r=-?\d{0,17}(;t=-?\d{0,17})?(, "[a-z]";r=\d;t=\d{1,16})?$/),
    fc.stringMatching(/^limit=\d{1,3}, remaining=-?\d{0,16}, reset=-?\d{0,16}$/),
    fc.constantFrom(
      'NaN',
      'Infinity',
      '-1',
      '31536000',
      '1e9',
      `${START / 1_000 + 9}`,
      '9'.repeat(400),
      '0x10',
    ),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  )
  .map((value) => value.replaceAll(/[^\t\x20-\x7e]/g, ''))

const hostile = fc.record({
  status: fc.constantFrom(200, 429, 503),
  headers: fc.dictionary(
    fc.constantFrom(
      'retry-after',
      'ratelimit',
      'ratelimit-policy',
      'ratelimit-remaining',
      'ratelimit-reset',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'date',
      'age',
    ),
    text,
    { noNullPrototype: true },
  ),
})

test('hostile fields are read as figures, or not at all', () => {
  fc.assert(
    fc.property(hostile, ({ status, headers }) => {
      const { retryAfter, quotas } = readSaid(new Response(null, { status, headers }), START * 1_000)
      if (retryAfter !== undefined) expect(retryAfter).toBeGreaterThanOrEqual(0)
      for (const { remaining, lasts } of quotas) {
        expect(Number.isSafeInteger(remaining) && remaining >= 0).toBe(true)
        expect(lasts).toBeGreaterThanOrEqual(0)
      }
    }),
    { numRuns: 20_000 },
  )
})

test('hostile fields never throw, and never make a wait longer than the cap', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 12 }), async (answers) => {
      const next = turns(answers)
      const { clock, fetch, sent } = simulate(() => {
        const { status, headers } = next()
        return reply(status, headers)
      })
      for (let i = 0; i < 6; i++) {
        const before = sent.length
        const begun = clock.ms()
        const response = await clock.run(fetch('http://a.test/'))
        expect([200, 429, 503]).toContain(response.status)
        const times = [begun, ...sent.slice(before).map(({ at }) => at)]
        times.slice(1).forEach((at, n) => {
          expect(at - (times[n] ?? 0)).toBeLessThanOrEqual(60_000)
        })
        expect(clock.ms()).toBe(times.at(-1))
      }
    }),
    { numRuns: 500 },
  )
})
