import { createLimiter, HeadgateError, type Store, slidingLog } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { registryOf, start } from './support.ts'

const SEVERAL = {
  free: {
    rate: { limit: 3, per: '1m' },
    limits: { exports: slidingLog({ limit: 2, window: '1m' }) },
  },
} as const

test('takes from all limits of the plan, or from none, and tells what a client is to be told', async () => {
  const { ask } = await start()
  const first = await ask('POST', '/v1/consume', { subject: 'acme' })
  expect(first.status).toBe(200)
  expect(first.json).toEqual({
    allowed: true,
    cost: 1,
    remaining: 1,
    resetAfterMs: 30_000,
    retryAfterMs: 0,
    delayMs: 0,
    binding: 'rate',
    degraded: null,
    shadow: false,
    limits: {
      rate: {
        allowed: true,
        cost: 1,
        remaining: 1,
        resetAfterMs: 30_000,
        retryAfterMs: 0,
        delayMs: 0,
        shadow: false,
      },
      daily: {
        allowed: true,
        cost: 1,
        remaining: 99,
        resetAfterMs: 43_200_000,
        retryAfterMs: 0,
        delayMs: 0,
        shadow: false,
      },
    },
    plan: 'free',
    priority: 0,
    headers: {
      'ratelimit-policy': '"rate";q=2;w=60, "daily";q=100;w=86400',
      ratelimit: '"rate";r=1;t=30, "daily";r=99;t=43200',
    },
  })
  await ask('POST', '/v1/consume', { subject: 'acme' })
  const denied = await ask('POST', '/v1/consume', { subject: 'acme' })
  expect(denied.status).toBe(200)
  expect(denied.json).toMatchObject({ allowed: false, binding: 'rate', retryAfterMs: 30_000 })
  expect(denied.json.headers).toEqual({
    'ratelimit-policy': '"rate";q=2;w=60, "daily";q=100;w=86400',
    ratelimit: '"rate";r=0;t=30',
    'retry-after': '30',
  })
  const { limits } = (await ask('POST', '/v1/peek', { subject: 'acme' })).json
  expect(limits.daily.remaining).toBe(98)
})

test('asks as a plan and its exceptions say', async () => {
  const { ask } = await start()
  await ask('PUT', '/v1/subjects/acme', { plan: 'pro', daily: 5 })
  const { json } = await ask('POST', '/v1/consume', { subject: 'acme', cost: 4 })
  expect(json).toMatchObject({ plan: 'pro', priority: 5, allowed: true })
  expect(json.limits).toMatchObject({ rate: { remaining: 6 }, daily: { remaining: 1 } })
})

test('a cost for each limit, and one that never fits', async () => {
  const { ask } = await start({ registry: registryOf(SEVERAL) })
  const { json } = await ask('POST', '/v1/consume', { subject: 'a', cost: { rate: 3, exports: 0 } })
  expect(json.limits).toMatchObject({ rate: { cost: 3, remaining: 0 }, exports: { cost: 0, remaining: 2 } })
  const never = await ask('POST', '/v1/consume', { subject: 'b', cost: 4 })
  expect(never.json).toMatchObject({ allowed: false, retryAfterMs: null })
  expect(never.json.headers).not.toHaveProperty('retry-after')
})

test('the most that can be asked for is answered, and counted', async () => {
  const { ask } = await start()
  const { status, json } = await ask('POST', '/v1/consume', { subject: 'a', cost: 2 ** 40 })
  expect({ status, ...json }).toMatchObject({ status: 200, allowed: false, retryAfterMs: null })
  expect((await ask('GET', '/v1/usage?from=2026-01-01&to=2027-01-01&by=total')).json.rows).toMatchObject([
    { denied: 1, deniedUnits: 2 ** 40 },
  ])
})

test('peek takes nothing', async () => {
  const { ask } = await start()
  for (let i = 0; i < 5; i++) await ask('POST', '/v1/peek', { subject: 'a' })
  expect((await ask('POST', '/v1/consume', { subject: 'a' })).json.remaining).toBe(1)
})

test('what a limiter of the library takes of the same store counts as well', async () => {
  const store = memoryStore()
  const { ask } = await start({ store })
  const { compiled } = (await ask('GET', '/v1/plans')).json
  const limiter = createLimiter({ store, limits: compiled.free.limits })
  await limiter.consume('acme', { cost: 2 })
  expect((await ask('POST', '/v1/consume', { subject: 'acme' })).json.allowed).toBe(false)
})

test('at a hundred requests at once exactly the limit is admitted', async () => {
  const { ask } = await start({ registry: registryOf({ free: { rate: { limit: 37, per: '1h' } } }) })
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => ask('POST', '/v1/consume', { subject: 'a' })),
  )
  expect(answers.filter(({ json }) => json.allowed)).toHaveLength(37)
})

test.each([
  ['no subject', {}, 'BAD_REQUEST', undefined],
  ['an empty one', { subject: '' }, 'BAD_REQUEST', 'subject'],
  ['a long one', { subject: 'x'.repeat(513) }, 'BAD_REQUEST', 'subject'],
  ['NUL in it', { subject: 'a\0' }, 'BAD_REQUEST', 'subject'],
  ['half a character', '{"subject":"\\ud800"}', 'INVALID_KEY', 'subject'],
  ['a number', { subject: 5 }, 'BAD_REQUEST', 'subject'],
  ['a cost below zero', { subject: 'a', cost: -1 }, 'BAD_REQUEST', 'cost'],
  ['half a unit', { subject: 'a', cost: 0.5 }, 'BAD_REQUEST', 'cost'],
  ['a cost as a text', { subject: 'a', cost: '1' }, 'BAD_REQUEST', 'cost'],
  ['a cost past 2^53', { subject: 'a', cost: 2 ** 53 }, 'BAD_REQUEST', 'cost'],
  ['more than usage counts', { subject: 'a', cost: 2 ** 40 + 1 }, 'BAD_REQUEST', 'cost'],
  ['more of one limit', { subject: 'a', cost: { daily: 2 ** 40 + 1 } }, 'BAD_REQUEST', 'cost'],
  ['a cost of no limit', { subject: 'a', cost: { nope: 1 } }, 'UNKNOWN_LIMIT', 'cost'],
  ['a meter that is no name', { subject: 'a', meter: 'a b' }, 'INVALID_OPTION', 'meter'],
  ['a field that there is not', { subject: 'a', units: 1 }, 'BAD_REQUEST', 'units'],
  ['a list', [], 'BAD_REQUEST', undefined],
  ['no JSON', '{', 'BAD_REQUEST', undefined],
  ['a prototype', '{"subject":"a","__proto__":{"cost":0}}', 'BAD_REQUEST', undefined],
])('refuses %s, and counts nothing', async (_, body, code, option) => {
  const { ask, usage } = await start()
  const { status, json, headers } = await ask('POST', '/v1/consume', body)
  expect({ status, code: json.code, option: json.option }).toEqual({ status: 400, code, option })
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect((await ask('POST', '/v1/peek', { subject: 'a' })).json.limits.daily.remaining).toBe(100)
  await usage.flush()
  expect(await usage.query({ from: '2026-01-01', to: '2027-01-01', by: 'total' })).toEqual([])
  expect((await ask('GET', '/v1/live')).json.plans).toEqual([])
})

test('a body that is too long is refused, and so is one of another kind', async () => {
  const { ask } = await start()
  const long = await ask('POST', '/v1/consume', { subject: 'a', meter: 'x'.repeat(70_000) })
  expect(long).toMatchObject({ status: 413, json: { code: 'PAYLOAD_TOO_LARGE' } })
  const xml = await ask('POST', '/v1/consume', '<a/>', { 'content-type': 'text/xml' })
  expect(xml).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_MEDIA_TYPE' } })
})

test('subjects of any kind are told apart', async () => {
  const { ask } = await start({ registry: registryOf({ free: { daily: 1_000_000 } }) })
  const counted = new Map<string, number>()
  const subject = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.constantFrom('__proto__', 'constructor', '{a}', 'a}b', '../..', '%2F', 'é', 'é', ' a', 'a '),
  )
  await fc.assert(
    fc.asyncProperty(subject, fc.integer({ min: 0, max: 50 }), async (subject, cost) => {
      fc.pre(!subject.includes('\0') && subject.length <= 512)
      const used = (counted.get(subject) ?? 0) + cost
      counted.set(subject, used)
      const { json } = await ask('POST', '/v1/consume', { subject, cost })
      expect(json.remaining).toBe(1_000_000 - used)
    }),
  )
})

test('a reservation is settled once, by any instance, and usage follows', async () => {
  const store = memoryStore()
  const one = await start({ store })
  const other = await start({ store, usage: one.usage })
  const { id, decision, expiresAt } = (
    await one.ask('POST', '/v1/reserve', { subject: 'acme', cost: 2, ttl: '30s' })
  ).json
  expect(decision).toMatchObject({ allowed: true, cost: 2, plan: 'free' })
  expect(expiresAt).toBeGreaterThan(Date.now())
  expect((await other.ask('POST', '/v1/commit', { id, actual: 1 })).json).toEqual({ settled: true })
  expect((await one.ask('POST', '/v1/commit', { id, actual: 0 })).json).toEqual({
    settled: false,
    reason: 'already',
  })
  expect((await one.ask('POST', '/v1/peek', { subject: 'acme' })).json.remaining).toBe(1)
  expect((await one.ask('GET', '/v1/usage?from=2026-01-01&to=2027-01-01&by=total')).json.rows).toMatchObject([
    { requests: 1, units: 1 },
  ])
})

test('what a settlement doesn’t name costs 1, for usage as for the limit', async () => {
  const { ask } = await start({ registry: registryOf(SEVERAL) })
  const { id, decision } = (await ask('POST', '/v1/reserve', { subject: 'a', cost: { rate: 3, exports: 1 } }))
    .json
  expect(decision).toMatchObject({ binding: 'rate', cost: 3 })
  expect((await ask('POST', '/v1/commit', { id, actual: { exports: 1 } })).json).toEqual({ settled: true })
  expect((await ask('POST', '/v1/peek', { subject: 'a' })).json.limits.rate.remaining).toBe(2)
  expect((await ask('GET', '/v1/usage?from=2026-01-01&to=2027-01-01&by=total')).json.rows).toMatchObject([
    { requests: 1, units: 1 },
  ])
})

test.each(['x', '漢', '\u0001'])(
  'a reservation of a long subject of %j can be settled',
  async (character) => {
    const daily = slidingLog({ limit: 9, window: '1m' })
    const limits = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`l${i}`, daily]))
    const { ask } = await start({ registry: registryOf({ free: { limits } }) })
    const { id } = (await ask('POST', '/v1/reserve', { subject: character.repeat(512) })).json
    expect((await ask('POST', '/v1/commit', { id, actual: 2 })).json).toEqual({ settled: true })
  },
)

test.each(['366d', Number.MAX_SAFE_INTEGER])('refuses to hold units for %j, and takes none', async (ttl) => {
  const { ask } = await start()
  expect(await ask('POST', '/v1/reserve', { subject: 'a', ttl })).toMatchObject({
    status: 400,
    json: { code: 'INVALID_OPTION', option: 'ttl' },
  })
  expect((await ask('POST', '/v1/peek', { subject: 'a' })).json.remaining).toBe(2)
})

test('units can be held for a year', async () => {
  const { ask } = await start()
  const { id } = (await ask('POST', '/v1/reserve', { subject: 'a', ttl: '365d' })).json
  expect((await ask('POST', '/v1/cancel', { id })).json).toEqual({ settled: true })
})

test.each([
  ['gives back more than was taken', ['a', 'free', 'requests', 'rate', -5]],
  ['takes off more than is counted', ['a', 'free', 'requests', 'rate', 2 ** 40 + 1]],
  ['names no meter', ['a', 'free', 'a b', 'rate', 1]],
  ['names no plan', ['a', 'a b', 'requests', 'rate', 1]],
  ['names nobody', ['', 'free', 'requests', 'rate', 1]],
  ['says more', ['a', 'free', 'requests', 'rate', 1, 1]],
])('an id that was changed, and %s, is refused and settles nothing', async (_, changed) => {
  const { ask } = await start()
  const { id } = (await ask('POST', '/v1/reserve', { subject: 'a' })).json
  const own = Buffer.from(JSON.stringify(changed)).toString('base64url')
  const forged = `${own}${id.slice(id.indexOf('.'))}`
  expect(await ask('POST', '/v1/commit', { id: forged, actual: 0 })).toMatchObject({
    status: 400,
    json: { code: 'INVALID_RESERVATION' },
  })
  expect((await ask('POST', '/v1/cancel', { id })).json).toEqual({ settled: true })
})

test('a reservation that is given back leaves nothing, and one that was denied holds nothing', async () => {
  const { ask } = await start()
  const { id } = (await ask('POST', '/v1/reserve', { subject: 'a', cost: 2 })).json
  const denied = (await ask('POST', '/v1/reserve', { subject: 'a', cost: 1 })).json
  expect(denied.decision.allowed).toBe(false)
  expect((await ask('POST', '/v1/commit', { id: denied.id })).json).toEqual({
    settled: false,
    reason: 'denied',
  })
  expect((await ask('POST', '/v1/cancel', { id })).json).toEqual({ settled: true })
  expect((await ask('POST', '/v1/peek', { subject: 'a' })).json.remaining).toBe(2)
  expect((await ask('GET', '/v1/usage?from=2026-01-01&to=2027-01-01&by=total')).json.rows).toMatchObject([
    { requests: 1, units: 0, denied: 1, deniedUnits: 1 },
  ])
})

test.each([
  '',
  'x',
  'W10.hg1.W10',
  'eyJhIjoxfQ.hg1.x',
  `${Buffer.from('["a","b","c","d",-1]').toString('base64url')}.x`,
])('refuses %j as the id of a reservation', async (id) => {
  const { ask } = await start()
  expect(await ask('POST', '/v1/commit', { id })).toMatchObject({
    status: 400,
    json: { code: 'INVALID_RESERVATION' },
  })
})

test('a limit that is only tried out counts, denies nobody, and clients hear nothing of it', async () => {
  const { ask } = await start({
    shadow: ['daily', 'nowhere'],
    registry: registryOf({ free: { rate: { limit: 9, per: '1m' }, daily: 1 } }),
  })
  await ask('POST', '/v1/consume', { subject: 'a' })
  const { json } = await ask('POST', '/v1/consume', { subject: 'a' })
  expect(json).toMatchObject({
    allowed: true,
    shadow: true,
    limits: { daily: { allowed: false, shadow: true } },
  })
  expect(json.headers['ratelimit-policy']).toBe('"rate";q=9;w=60')
  await expect(start({ shadow: ['a b'] })).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'shadow' })
})

test('a store that fails: this process decides, by its part, and says so; then the store again', async () => {
  const { store, turn } = mortal()
  const { ask } = await start({
    store,
    timeout: '20s',
    instances: 2,
    registry: registryOf({ free: { daily: 10 } }),
  })
  const consume = async () => (await ask('POST', '/v1/consume', { subject: 'a' })).json
  expect(await consume()).toMatchObject({ degraded: null, remaining: 9 })
  turn('fails')
  const answers = []
  for (let i = 0; i < 8; i++) answers.push(await consume())
  expect(answers.filter(({ allowed }) => allowed)).toHaveLength(5)
  expect(answers.every(({ degraded }) => degraded !== null)).toBe(true)
  const { seconds } = (await ask('GET', '/v1/live?seconds=900')).json
  expect(seconds.reduce((sum: number, { degraded }: { degraded: number }) => sum + degraded, 0)).toBe(8)
  turn('well')
  const peek = async () => (await ask('POST', '/v1/peek', { subject: 'a' })).json
  await expect.poll(peek, { timeout: 20_000 }).toMatchObject({ degraded: null, remaining: 9 })
})

test('a store that does not answer is not waited for', async () => {
  const { store, turn } = mortal()
  const { ask } = await start({ store, timeout: 50 })
  turn('hangs')
  const { json, status } = await ask('POST', '/v1/consume', { subject: 'a' })
  expect({ status, ...json }).toMatchObject({ status: 200, allowed: true, degraded: 'timeout' })
})

test('what has no second choice is refused while the store is away, with when to come back', async () => {
  const { store, turn } = mortal()
  const { ask } = await start({ store })
  const { id } = (await ask('POST', '/v1/reserve', { subject: 'a' })).json
  turn('fails')
  for (const [path, body] of [
    ['/v1/commit', { id, actual: 0 }],
    ['/v1/subjects/a/reset', undefined],
  ] as const) {
    const { status, json, headers, text } = await ask('POST', path, body)
    expect(status).toBe(503)
    expect(json.code).toMatch(/^STORE_/)
    expect(headers.get('retry-after')).toBe('1')
    expect(text).not.toContain('secret')
  }
})

test.each(['allow', 'deny'] as const)('a store that fails, and failure: %s', async (failure) => {
  const { store, turn } = mortal()
  const { ask } = await start({ store, failure })
  turn('fails')
  const { json, status } = await ask('POST', '/v1/consume', { subject: 'a' })
  expect(status).toBe(200)
  expect(json).toMatchObject({ allowed: failure === 'allow', degraded: expect.any(String) })
  expect(json.headers).not.toHaveProperty('ratelimit')
})

/** A store that can be made to fail. */
function mortal(): { readonly store: Store; turn(how: 'well' | 'fails' | 'hangs'): void } {
  const inner = memoryStore()
  let state: 'well' | 'fails' | 'hangs' = 'well'
  const failure = new HeadgateError({ code: 'STORE_FAILED', message: 'secret', fix: 'Look into it' })
  const pass = <T>(work: () => Promise<T>): Promise<T> => {
    if (state === 'well') return work()
    return state === 'hangs' ? new Promise(() => {}) : Promise.reject(failure)
  }
  const store: Store = {
    name: 'mortal',
    decide: (checks, now) => pass(() => inner.decide(checks, now)),
    adjust: (adjustments, now) => pass(() => inner.adjust(adjustments, now)),
    delete: (keys) => pass(() => inner.delete(keys)),
    close: () => inner.close(),
  }
  return {
    store,
    turn(how) {
      state = how
    },
  }
}
