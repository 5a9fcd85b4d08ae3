import { expect, test } from 'vitest'
import { checkTime, checkWhole, parseInstant } from '../src/index.ts'

test.each([
  ['2027-01-01T00:00:00Z', Date.UTC(2027, 0, 1)],
  ['2027-01-01T02:30+02:30', Date.UTC(2027, 0, 1)],
  ['2028-02-29T23:59:59.250-01:00', Date.UTC(2028, 2, 1, 0, 59, 59, 250)],
])('%s is a moment', (text, ms) => {
  expect(parseInstant(text)).toBe(ms * 1_000)
})

test.each([
  '2027-01-01',
  '2027-01-01T00:00:00',
  '2027-02-29T00:00Z',
  '2027-13-01T00:00Z',
  '2027-01-01T25:00Z',
  'now',
  '',
])('%j is none', (text) => {
  expect(parseInstant(text)).toBeUndefined()
})

test('what is at fault is called by its name', () => {
  expect(() => checkTime(1.5, 'before')).toThrow(
    expect.objectContaining({ code: 'INVALID_TIME', option: 'before' }),
  )
  expect(checkWhole('maxKeys', 5, 1, 5, 'x')).toBe(5)
  expect(() => checkWhole('maxKeys', 6, 1, 5, 'x')).toThrow(
    '`maxKeys` must be a whole number from 1 to 5, not 6. x',
  )
})
