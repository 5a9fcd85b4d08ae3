import {
  compileLimit,
  fixedWindow,
  HeadgateError,
  type Limit,
  leakyBucket,
  parseLimit,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
  toMs,
} from '@headgate/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const limits: Limit[] = [
  tokenBucket({ capacity: 10, refill: 30, per: '1m' }),
  leakyBucket({ rate: 5, per: '1s', queue: 0 }),
  fixedWindow({ limit: 100, window: 60_000 }),
  slidingWindow({ limit: 100, window: '1m' }),
  slidingLog({ limit: 5, window: '15m' }),
  quota({ limit: 1_000, per: 'month', timeZone: 'Europe/Berlin', anchorDay: 31 }),
]

function errorOf(work: () => unknown): HeadgateError {
  try {
    work()
  } catch (error) {
    if (error instanceof HeadgateError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('limits', () => {
  test.each(limits.map((limit) => [limit.algorithm, limit] as const))(
    '%s is frozen plain data',
    (_, limit) => {
      expect(Object.isFrozen(limit)).toBe(true)
      expect(parseLimit(JSON.parse(JSON.stringify(limit)))).toEqual(limit)
    },
  )

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', null, undefined, {}, 1n])(
    'refuses a capacity of %s by name',
    (capacity) => {
      const error = errorOf(() => tokenBucket({ capacity: capacity as number, refill: 1, per: '1s' }))
      expect(error).toMatchObject({ code: 'INVALID_LIMIT', option: 'capacity', value: capacity })
      expect(error.message).toContain('capacity')
    },
  )

  test('refuses unknown options and algorithms', () => {
    const typo = { capacity: 1, refill: 1, per: '1s', capcity: 2 } as never
    expect(errorOf(() => tokenBucket(typo))).toMatchObject({ code: 'INVALID_LIMIT', option: 'capcity' })
    for (const data of [null, [], 'x', 5, {}, { algorithm: 'constructor' }, { algorithm: 'gcra' }]) {
      expect(errorOf(() => parseLimit(data)).code).toBe('INVALID_LIMIT')
    }
  })

  test('refuses what whole numbers below 2^53 cannot hold', () => {
    expect(errorOf(() => tokenBucket({ capacity: 2 ** 52, refill: 7, per: '1d' })).code).toBe('NOT_EXACT')
    expect(errorOf(() => tokenBucket({ capacity: 1_000_000, refill: 1, per: '1d' })).code).toBe('NOT_EXACT')
    expect(errorOf(() => slidingWindow({ limit: 2 ** 52, window: '1d' })).code).toBe('NOT_EXACT')
    expect(errorOf(() => fixedWindow({ limit: 1, window: '40000d' })).code).toBe('NOT_EXACT')
    expect(errorOf(() => slidingLog({ limit: 10_001, window: '1s' })).option).toBe('limit')
  })

  test('refuses calendars that do not exist', () => {
    expect(errorOf(() => quota({ limit: 1, per: 'month', anchorDay: 32 })).option).toBe('anchorDay')
    expect(errorOf(() => quota({ limit: 1, per: 'week', anchorDay: 8 })).option).toBe('anchorDay')
    expect(errorOf(() => quota({ limit: 1, per: 'day', anchorDay: 2 })).option).toBe('anchorDay')
    expect(errorOf(() => quota({ limit: 1, per: 'day', timeZone: 'Mars/Olympus' })).option).toBe('timeZone')
    expect(errorOf(() => quota({ limit: 1, per: 'year' as 'day' })).option).toBe('per')
  })

  test('compiles a meter as the design says: the first tick at which all is whole', () => {
    expect(compileLimit(tokenBucket({ capacity: 10, refill: 30, per: '1m' })).ruleAt(0)).toEqual({
      algorithm: 'meter',
      units: 'meter:1:1:2000000',
      tick: 1,
      num: 1,
      den: 2_000_000,
      cap: 20_000_000,
      capacity: 10,
      shaped: false,
    })
    // 86_400_000_000 µs a day and 7 have no common divisor: a million times that is past 2^52 until the tick is 100 µs.
    expect(
      compileLimit(tokenBucket({ capacity: 1_000_000, refill: 7_000_003, per: '1d' })).ruleAt(0),
    ).toMatchObject({
      tick: 100,
      num: 7_000_003,
      den: 864_000_000,
    })
    expect(compileLimit(leakyBucket({ rate: 5, per: '1s', queue: 20 })).ruleAt(0)).toMatchObject({
      capacity: 21,
      shaped: true,
    })
  })

  test('a compiled meter is the rate it was made from, exactly', () => {
    const whole = fc.integer({ min: 1, max: 1_000_000 })
    fc.assert(
      fc.property(whole, whole, fc.integer({ min: 1, max: 100_000_000 }), (capacity, refill, per) => {
        let rule: ReturnType<ReturnType<typeof compileLimit>['ruleAt']>
        try {
          rule = compileLimit(tokenBucket({ capacity, refill, per })).ruleAt(0)
        } catch (error) {
          expect(error).toMatchObject({ code: 'NOT_EXACT' })
          return
        }
        if (rule.algorithm !== 'meter') throw new Error('not a meter')
        const { tick, num, den, cap } = rule
        expect(BigInt(num) * BigInt(per) * 1_000n).toBe(BigInt(refill) * BigInt(den) * BigInt(tick))
        expect(BigInt(cap)).toBe(BigInt(capacity) * BigInt(den))
        expect(cap).toBeLessThanOrEqual(2 ** 52)
        expect(num).toBeLessThanOrEqual(2 ** 31)
      }),
    )
  })
})

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    [5, 5],
  ] as const)('%s', (duration, ms) => {
    expect(toMs(duration)).toBe(ms)
  })

  test.each([
    '0s',
    '-1s',
    '1.5s',
    '1e3s',
    ' 1s',
    '1 s',
    '1w',
    's',
    '',
    0,
    -1,
    1.5,
    Number.NaN,
    '99999999999999999d',
    null,
  ])('refuses %s', (duration) => {
    expect(errorOf(() => toMs(duration as '1s', 'per'))).toMatchObject({
      code: 'INVALID_DURATION',
      option: 'per',
      value: duration,
    })
  })
})
