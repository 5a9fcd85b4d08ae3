import {
  compileLimit,
  fixedWindow,
  leakyBucket,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { expect, test } from 'vitest'
import { capacityOf, partsOf, shareOf } from '../../src/wrappers/share.ts'

const ruleOf = (limit: Parameters<typeof compileLimit>[0]) => compileLimit(limit).ruleAt(0)

test('a share is one of n equal parts, and nothing else', () => {
  for (let n = 1; n <= 1_000; n++) expect(partsOf(1 / n)).toBe(n)
  for (const share of [0, -1, 2, 0.3, 2 / 3, Number.NaN, 1e-9, '1/4', undefined]) {
    expect(() => partsOf(share)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option: 'share' }))
  }
})

test('a meter’s share is exact, also where the capacity doesn’t divide', () => {
  const whole = ruleOf(tokenBucket({ capacity: 10, refill: 30, per: '1m' }))
  expect(whole).toMatchObject({ num: 1, den: 2_000_000, cap: 20_000_000 })
  expect(shareOf(whole, 4)).toEqual({
    ...whole,
    units: 'meter:1:1:8000000',
    den: 8_000_000,
    // 2.5 units: two fit at once, and the half is there when the next one is awaited.
    cap: 20_000_000,
    capacity: 2,
  })
  expect(shareOf(whole, 1)).toBe(whole)
})

test('windows and logs have a part of their limit, rounded down', () => {
  expect(shareOf(ruleOf(fixedWindow({ limit: 11, window: '1s' })), 4)).toMatchObject({ limit: 2 })
  expect(shareOf(ruleOf(slidingWindow({ limit: 11, window: '1s' })), 4)).toMatchObject({ limit: 2 })
  expect(shareOf(ruleOf(slidingLog({ limit: 11, window: '1s' })), 4)).toMatchObject({ limit: 2 })
  expect(shareOf(ruleOf(quota({ limit: 11, per: 'day' })), 4)).toMatchObject({ limit: 2 })
})

test('of a limit that is smaller than the number of parts there is no part', () => {
  for (const limit of [
    fixedWindow({ limit: 3, window: '1s' }),
    leakyBucket({ rate: 1, per: '1s', queue: 2 }),
    tokenBucket({ capacity: 3, refill: 1_000, per: '1s' }),
  ]) {
    const rule = ruleOf(limit)
    expect(() => shareOf(rule, 4)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'share' }),
    )
    expect(capacityOf(shareOf(rule, 3))).toBe(1)
  }
})
