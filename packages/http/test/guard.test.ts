import {
  concurrency,
  fixedWindow,
  HeadgateError,
  type Limits,
  leakyBucket,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress, type Verdict } from '../src/index.ts'
import { ipv4, ipv6Groups, nearly, spellingsOfIPv4, spellingsOfIPv6 } from './address/arbitraries.ts'
import { guardOf, limits, type Plain } from './support.ts'

const address = '192.0.2.1'

describe('what is answered at once', () => {
  test('is no promise where the store and all options answer at once', () => {
    const verdict = guardOf().check({ address })
    expect(verdict).not.toBeInstanceOf(Promise)
    expect((verdict as Verdict).decision?.remaining).toBe(9)
  })

  test('is a promise as soon as one of them is one', async () => {
    const verdict = guardOf({ skip: async () => false }).check({ address })
    expect(verdict).toBeInstanceOf(Promise)
    expect((await verdict).decision?.remaining).toBe(9)
  })
})

describe('options that can’t be meant are refused when the guard is made', () => {
  const bad: [string, object][] = [
    ['store', { store: {} }],
    ['limits', { limits: {} }],
    ['limits', { limits: undefined }],
    ['plans', { plans: { free: limits }, plan: () => 'free' }],
    ['plan', { limits: undefined, plans: { free: limits } }],
    ['plans.free', { limits: undefined, plans: { free: {} }, plan: () => 'free' }],
    ['cost', { cost: -1 }],
    ['cost.POST', { cost: { POST: '1' } }],
    ['proxies', { proxies: true }],
    ['allowList', { allowList: ['10.0.0.0/33'] }],
    ['denyList', { denyList: ['nonsense'] }],
    ['shadow', { shadow: ['strict'] }],
    ['shadow', { shadow: 'rate' }],
    ['shadow.rate.enforced', { shadow: { rate: { enforced: 101 } } }],
    ['capacity', { capacity: ['load'] }],
    ['headers.units', { headers: { style: 'draft-11', units: { rat: 'bytes' } } }],
    ['partitionSecret', { headers: { style: 'draft-11', partitionSecret: 'short' } }],
    ['body', { body: 'xml' }],
    ['name', { name: 'no spaces' }],
    ['timeout', { failure: { onError: 'allow', timeout: '60d' } }],
    ['onError', { failure: 'ignore' }],
  ]
  test.each(bad)('%s: %o', (option, options) => {
    expect(() => guardOf(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }))
  })

  test.each([
    { headers: 'draft-12' },
    { headers: ['draft-11', 'draft-7'] },
    { limits: () => limits, headers: 'draft-12' },
  ])('styles that can’t be written: %o', (options) => {
    expect(() => guardOf(options as never)).toThrow(HeadgateError)
  })

  test('two guards of one name with different limits at one store', () => {
    const store = memoryStore()
    guardOf({ store })
    guardOf({ store }) // counts several routes together
    guardOf({ store, name: 'other', limits: { rate: fixedWindow({ limit: 1, window: '1s' }) } })
    expect(() => guardOf({ store, limits: { rate: fixedWindow({ limit: 1, window: '1s' }) } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'name' }),
    )
  })
})

describe('mistakes that only a request can show', () => {
  test('a guard that is mounted twice', () => {
    const guard = guardOf()
    const request: Plain = { address }
    guard.check(request)
    expect(() => guard.check(request)).toThrow(expect.objectContaining({ code: 'GUARD_MOUNTED_TWICE' }))
    expect(guardOf().check(request)).toMatchObject({ fields: expect.any(Array) })
  })

  test('a key from a field that any client can write', () => {
    const key = ({ headers }: Plain) => headers?.['x-forwarded-for'] ?? 'nobody'
    const request = (): Plain => ({ address, headers: { 'x-forwarded-for': '6.6.6.6' } })
    const error = expect.objectContaining({ code: 'FORWARDED_KEY', option: 'key' })
    expect(() => guardOf({ key }).check(request())).toThrow(error)
    expect(() =>
      guardOf({ key: (request) => ({ rate: `ip:${key(request)}` }) as never }).check(request()),
    ).toThrow(error)
    const forwarded: Plain = { address, headers: { forwarded: 'for=6.6.6.6' } }
    expect(() =>
      guardOf({ key: ({ headers }) => headers?.['forwarded']?.slice(4) ?? '' }).check(forwarded),
    ).toThrow(error)
    // Declared, or not what the field says.
    expect(() => guardOf({ key, proxies: 1 }).check(request())).not.toThrow()
    expect(() => guardOf({ key: () => 'user-1' }).check(request())).not.toThrow()
    expect(() => guardOf({ key }).check({ address, headers: { 'x-forwarded-for': address } })).not.toThrow()
  })

  test('a service behind a proxy that nobody declared: told once', () => {
    const warnings: Error[] = []
    const guard = guardOf({ onWarning: (warning) => void warnings.push(warning) })
    for (let i = 0; i < 3; i++) guard.check({ address, headers: { 'x-forwarded-for': '198.51.100.1' } })
    expect(warnings).toEqual([expect.objectContaining({ code: 'FORWARDED_KEY', option: 'proxies' })])
  })

  test.each([undefined, null, '', 7])('a key that is %s', (key) => {
    expect(() => guardOf({ key: () => key as never }).check({ address })).toThrow(
      expect.objectContaining({ code: 'INVALID_KEY' }),
    )
  })

  test('no address where one is the key, or on a list', () => {
    const error = expect.objectContaining({ code: 'ADDRESS_UNKNOWN' })
    expect(() => guardOf().check({})).toThrow(error)
    expect(() => guardOf().check({ address: 'unix:/run/socket' })).toThrow(error)
    expect(() => guardOf({ key: () => 'all', denyList: ['10.0.0.0/8'] }).check({})).toThrow(error)
    expect(() => guardOf({ key: () => 'all' }).check({})).not.toThrow()
    expect(() => guardOf({ address: () => '10.0.0.1' }).check({})).not.toThrow()
  })

  test('a plan that there isn’t, a cost that isn’t one', async () => {
    const plans = { limits: undefined, plans: { free: limits } } as never
    for (const name of ['gold', '__proto__', 'constructor', '']) {
      const guard = guardOf({ ...(plans as object), plan: () => name } as never)
      expect(() => guard.check({ address })).toThrow(expect.objectContaining({ code: 'UNKNOWN_PLAN' }))
    }
    for (const cost of [-1, 0.5, Number.NaN, 2 ** 60, '1']) {
      expect(() => guardOf({ cost: () => cost as never }).check({ address })).toThrow(
        expect.objectContaining({ code: 'INVALID_COST' }),
      )
    }
  })

  test('are looked for in the first requests only', () => {
    const guard = guardOf({ limits: { rate: tokenBucket({ capacity: 1_000, refill: 1, per: '1h' }) } })
    for (let i = 0; i < 100; i++) guard.check({ address })
    const request = { address }
    guard.check(request)
    expect(() => guard.check(request)).not.toThrow()
  })
})

describe('hostile requests', () => {
  /** What a client can write anywhere: text of any kind, and the names that objects have already. */
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'hasOwnProperty',
      'toString',
      'a\r\nX-Evil: 1',
      '\0',
      'x'.repeat(100_000),
    ),
    fc.ipV4(),
    fc.ipV6(),
  )

  test('10,000 keys: nothing breaks, and no two share a bucket', () => {
    const used = new Map<string, number>()
    const guard = guardOf({
      store: memoryStore({ maxKeys: 2 ** 20 }),
      key: ({ headers }) => headers?.['x-key'] ?? '',
    })
    fc.assert(
      fc.property(hostile, (key) => {
        fc.pre(key !== '')
        const before = used.get(key) ?? 0
        used.set(key, before + 1)
        const { decision, reply, fields } = guard.check({ headers: { 'x-key': key } }) as Verdict
        expect(decision?.remaining).toBe(Math.max(0, 9 - before))
        expect(reply === undefined).toBe(before < 10)
        for (const [name, value] of fields) {
          expect(name).toMatch(/^[A-Za-z-]+$/)
          // Printable ASCII: nothing can end a line.
          expect(value).toMatch(/^[ -~]*$/)
        }
      }),
      { numRuns: 10_000 },
    )
  })

  test('10,000 fields of forwarded addresses: a client is never counted as another, whatever it writes', () => {
    const guard = guardOf({ store: memoryStore({ maxKeys: 2 ** 20 }), proxies: ['10.0.0.0/8'] })
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 4 }), fc.oneof(fc.ipV4(), fc.ipV6()), (lies, client) => {
        const own = guard.keyOf({ address: client })
        fc.pre(!client.startsWith('10.'))
        const field = [...lies, client].join(', ')
        expect(guard.keyOf({ address: '10.0.0.1', headers: { 'x-forwarded-for': field } })).toBe(own)
        // Past the proxy, the field says nothing.
        expect(guard.keyOf({ address: client, headers: { 'x-forwarded-for': lies.join(', ') } })).toBe(own)
      }),
      { numRuns: 10_000 },
    )
  })

  test('10,000 addresses that a platform tells: each is counted as the address that it reads as, or not at all', () => {
    const passed = guardOf()
    const told = guardOf({ address: ({ address }) => address })
    const addresses = fc.oneof(ipv4, ipv4.chain(spellingsOfIPv4), ipv6Groups.chain(spellingsOfIPv6), nearly)
    fc.assert(
      fc.property(addresses, (text) => {
        const own = parseAddress(text)?.key
        for (const keyOf of [() => passed.keyOf({}, text), () => told.keyOf({ address: text })]) {
          if (own === undefined) expect(keyOf).toThrow(expect.objectContaining({ code: 'ADDRESS_UNKNOWN' }))
          else expect(keyOf()).toBe(own)
        }
      }),
      { numRuns: 10_000 },
    )
  })

  test('10,000 methods, and fields read for the first time: nothing breaks', () => {
    const guard = guardOf({
      store: memoryStore({ maxKeys: 2 ** 20 }),
      limits: { rate: fixedWindow({ limit: 1e9, window: '1h' }) },
      cost: { POST: 3 },
      onWarning: () => {},
    })
    fc.assert(
      fc.property(hostile, hostile, (method, field) => {
        const headers = { 'x-forwarded-for': field, 'x-real-ip': field }
        const { decision } = guard.check({ address, method, headers }) as Verdict
        expect(decision?.cost).toBe(method === 'POST' ? 3 : 1)
      }),
      { numRuns: 10_000 },
    )
  })

  test('names of limits, plans and partitions can’t write into a field', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        let guard: ReturnType<typeof guardOf>
        try {
          guard = guardOf({ limits: Object.fromEntries([[name, fixedWindow({ limit: 1, window: '1m' })]]) })
        } catch (error) {
          expect(error).toMatchObject({ name: 'HeadgateError' })
          return
        }
        for (const [, value] of (guard.check({ address }) as Verdict).fields)
          expect(value).toMatch(/^[ -~]*$/)
      }),
    )
  })
})

test('a limit may be called as what every object has', async () => {
  const guard = guardOf({ limits: { constructor: fixedWindow({ limit: 5, window: '1h' }) } as Limits })
  const { fields } = await guard.check({ address })
  expect(fields[0]?.[1]).toBe('"constructor";q=5;w=3600')
})

describe('a place is free when the response is through', () => {
  const finished = { status: 200, bytes: 5, aborted: false }
  const placed: Limits = {
    running: concurrency({ limit: 1, lease: '1h' }),
    rate: fixedWindow({ limit: 100, window: '1h' }),
  }
  const left = async (guard: ReturnType<typeof guardOf>) => {
    const figures = (await guard.limiter.peek(address, { limits: placed })).limits
    return [figures['running']?.remaining, figures['rate']?.remaining]
  }

  test.each<[string, object, number]>([
    ['limits of all', { limits: placed }, 99],
    ['limits of a request', { limits: () => placed }, 99],
    ['limits of a plan', { limits: undefined, plans: { free: placed }, plan: () => 'free' }, 99],
    ['a cost that is settled', { limits: placed, settle: () => ({ rate: 7 }) }, 93],
    ['a cost that stays as it is held', { limits: placed, settle: () => undefined }, 99],
  ])('with %s', async (_, options, rate) => {
    const guard = guardOf(options)
    const verdict = await guard.check({ address })
    expect(await left(guard)).toEqual([0, 99])
    const denied = await guard.check({ address })
    expect([denied.reply?.status, denied.settle]).toEqual([429, undefined])
    await verdict.settle?.(finished)
    expect(await left(guard)).toEqual([1, rate])
    await verdict.settle?.(finished)
    expect(await left(guard)).toEqual([1, rate])
  })

  test('also where your `settle` throws, which is told', async () => {
    const warnings: Error[] = []
    const guard = guardOf({
      limits: placed,
      settle: () => {
        throw new Error('oh')
      },
      onWarning: (warning) => warnings.push(warning),
    })
    const verdict = await guard.check({ address })
    await verdict.settle?.(finished)
    expect(await left(guard)).toEqual([1, 99])
    expect(warnings.map(({ message }) => message)).toEqual(['oh'])
  })

  test('and what the store fails with then is told, and nothing else', async () => {
    const warnings: Error[] = []
    const store = memoryStore()
    const guard = guardOf({ store, limits: placed, onWarning: (warning) => warnings.push(warning) })
    const verdict = await guard.check({ address })
    await store.close()
    await verdict.settle?.(finished)
    expect(warnings).toMatchObject([{ code: 'STORE_CLOSED' }])
  })

  test('or when the client goes away while it waits for its turn', async () => {
    const shaped = { ...placed, out: leakyBucket({ rate: 1, per: '1h', queue: 9 }) }
    const guard = guardOf({ limits: shaped, delay: true })
    await (await guard.check({ address })).settle?.(finished)
    const gone = new AbortController()
    const waiting = guard.check({ address, gone: gone.signal })
    gone.abort()
    expect((await waiting).settle).toBeUndefined()
    expect(await left(guard)).toEqual([1, 99])
  })
})
