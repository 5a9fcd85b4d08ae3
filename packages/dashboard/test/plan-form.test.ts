import { describe, expect, test } from 'vitest'
import { fieldOf, LIMIT_FIELDS, MORE_FIELDS, readFields, valuesOf } from '../app/lib/plan-form.ts'
import type { PlanChanges } from '../app/lib/types.ts'

const FIELDS = [...LIMIT_FIELDS, ...MORE_FIELDS]

test.each<PlanChanges>([
  {},
  { rate: { limit: 60, per: '1m' } },
  { rate: { limit: 60, per: 1_500 }, burst: 5 },
  { rate: null, burst: null, daily: null, monthly: null },
  { daily: 1, monthly: 9_007_199_254_740_991, timeZone: 'Europe/Berlin', anchorDay: 31 },
  { priority: -1_000, timeZone: null, anchorDay: null },
  { limits: { exports: { algorithm: 'sliding-log', limit: 10, window: '1h' }, other: null } },
])('what a form was filled with it says again: %j', (fields) => {
  expect(readFields(valuesOf(fields), FIELDS)).toEqual({ fields, errors: {} })
})

test('numbers may be written as people write them', () => {
  const values = { daily: ' 1,000 ', monthly: '2 000_000', 'rate.limit': '5’000', 'rate.per': '1h' }
  expect(readFields(values, FIELDS).fields).toEqual({
    daily: 1_000,
    monthly: 2_000_000,
    rate: { limit: 5_000, per: '1h' },
  })
})

test.each([
  ['1.000', 1_000],
  ['1.234.567', 1_234_567],
  ['1,00,000', 100_000],
  ['12\u202f345', 12_345],
  ['9007199254740991', 9_007_199_254_740_991],
])('%s is written so somewhere', (text, count) => {
  expect(readFields({ daily: text }, FIELDS)).toEqual({ fields: { daily: count }, errors: {} })
})

test.each(['2,5', '1,0', '10,00', '1_', ',100', '1,000.50', '1 2 3'])(
  '%s is no whole number, and not one ten times as large',
  (text) => {
    expect(Object.keys(readFields({ daily: text }, FIELDS).errors)).toEqual(['daily'])
  },
)

test.each([
  ['daily', '0'],
  ['daily', '-5'],
  ['daily', '1.5'],
  ['daily', 'many'],
  ['monthly', '99999999999999999'],
  ['priority', 'high'],
  ['limits', '{'],
  ['limits', '[]'],
  ['limits', 'null'],
])('%s can’t be %j', (name, value) => {
  expect(Object.keys(readFields({ [name]: value }, FIELDS).errors)).toEqual([name])
})

test.each([
  [{ 'rate.limit': '5', 'rate.per': '' }, ['rate.per']],
  [{ 'rate.limit': '', 'rate.per': '1m' }, ['rate.limit']],
  [{ 'rate.limit': '0', 'rate.per': '0m' }, ['rate.limit', 'rate.per']],
  [{ 'rate.limit': '5', 'rate.per': '1 week' }, ['rate.per']],
])('a rate needs both: %j', (values, names) => {
  expect(Object.keys(readFields(values, FIELDS).errors)).toEqual(names)
})

test('only fields of the form are read', () => {
  expect(readFields({ daily: '5', priority: '7', timeZone: 'UTC' }, LIMIT_FIELDS).fields).toEqual({
    daily: 5,
  })
})

describe('an error of the API finds its field', () => {
  test.each([
    ['daily', 'daily'],
    ['rate.per', 'rate.per'],
    ['rate', 'rate.limit'],
    ['limits.exports.algorithm', 'limits'],
    ['plans.daily.burst', 'burst'],
    ['subjects["x.daily"].monthly', 'monthly'],
    ['plans', 'name'],
    ['If-Match', undefined],
    [undefined, undefined],
  ])('%s: %s', (option, field) => {
    expect(fieldOf(option, [...FIELDS, 'name'])).toBe(field)
  })
})
