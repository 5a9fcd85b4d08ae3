import { expect, test } from 'vitest'
import { describeFields, describeLimit, startsAnew, totalOf } from '../app/lib/describe.ts'
import { perText, toMs } from '../app/lib/duration.ts'
import { showShare, showSpan } from '../app/lib/format.ts'
import { sentences } from '../app/lib/problem.ts'
import { rawJson } from '../app/lib/raw-json.ts'
import type { Limit } from '../app/lib/types.ts'

test.each([
  ['1m', 'minute'],
  ['60s', 'minute'],
  [60_000, 'minute'],
  ['10s', '10 s'],
  ['90s', '90 s'],
  ['24h', 'day'],
  [1, 'millisecond'],
  ['soon', 'soon'],
])('per %j is read as %s', (duration, text) => {
  expect(perText(duration)).toBe(text)
})

test('durations are those of the API', () => {
  expect(toMs('2h')).toBe(7_200_000)
  expect(toMs('1w')).toBeUndefined()
})

test.each([
  [0, 'now'],
  [1, '1 sec'],
  [1_001, '2 sec'],
  [60_000, '1 min'],
  [65_000, '1 min 5 sec'],
  [3_600_000, '1 hr'],
  [86_400_000 * 2 + 3_600_000 * 3 + 60_000, '2 days 3 hr'],
])('%d ms are %s', (ms, text) => {
  expect(showSpan(ms)).toBe(text)
})

test('of nothing there is no share', () => {
  expect(showShare(0, 0)).toBe('–')
  expect(showShare(1, 3)).toBe('33.3%')
})

test.each<[Limit, string, number, boolean]>([
  [{ algorithm: 'token-bucket', capacity: 60, refill: 60, per: '1m' }, '60 per minute', 60, false],
  [
    { algorithm: 'token-bucket', capacity: 1_200, refill: 600, per: '1m' },
    '600 per minute, bursts of 1,200',
    1_200,
    false,
  ],
  [
    { algorithm: 'leaky-bucket', rate: 5, per: '1s', queue: 9 },
    'one by one, 5 per second, 9 may wait',
    10,
    false,
  ],
  [{ algorithm: 'fixed-window', limit: 5, window: '1h' }, '5 in each hour', 5, true],
  [{ algorithm: 'sliding-window', limit: 5, window: '1h' }, 'about 5 in any hour', 5, false],
  [{ algorithm: 'sliding-log', limit: 5, window: '1h' }, '5 in any hour', 5, false],
  [
    { algorithm: 'concurrency', limit: 5, lease: '1m' },
    '5 at once, each free again after 1 min at the latest',
    5,
    false,
  ],
  [{ algorithm: 'quota', limit: 5, per: 'day' }, '5 per calendar day, UTC', 5, true],
  [
    { algorithm: 'quota', limit: 5, per: 'month', timeZone: 'Asia/Tokyo', anchorDay: 15 },
    '5 per calendar month, Asia/Tokyo, from day 15',
    5,
    true,
  ],
])('%j is described', (limit, text, total, anew) => {
  expect(describeLimit(limit)).toBe(text)
  expect(totalOf(limit)).toBe(total)
  expect(startsAnew(limit)).toBe(anew)
})

test('what a plan says is told field by field, with what it takes away', () => {
  expect(
    describeFields({
      extends: 'pro',
      rate: { limit: 10, per: '1s' },
      daily: 5_000,
      monthly: null,
      limits: { exports: { algorithm: 'sliding-log', limit: 5, window: '1h' }, old: null },
    }),
  ).toEqual([
    'begins as pro',
    'rate 10 per second',
    'daily 5,000',
    'no monthly',
    'exports 5 in any hour',
    'no old',
  ])
})

test('a fix is said once', () => {
  expect(sentences('It is wrong. Mend it', 'Mend it')).toBe('It is wrong. Mend it.')
  expect(sentences('It is wrong', 'Mend it')).toBe('It is wrong. Mend it.')
  expect(sentences('It is wrong.', undefined)).toBe('It is wrong.')
})

test('raw JSON shows what can’t be seen, and stays what it is', () => {
  const value = { subject: '\u202Ea\u{E0041}\n"b"' }
  const text = rawJson(value)
  expect(text).not.toMatch(/(?!\n)\p{C}/u)
  expect(JSON.parse(text)).toEqual(value)
})
