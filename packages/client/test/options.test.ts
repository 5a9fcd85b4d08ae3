import { HeadgateError } from '@headgate/core'
import { expect, test } from 'vitest'
import { createFetch } from '../src/index.ts'

test.each<[string, unknown]>([
  ['maxAttempts', 0],
  ['maxAttempts', 1.5],
  ['maxAttempts', Number.NaN],
  ['maxAttempts', '3'],
  ['maxAttempts', 1_001],
  ['maxOrigins', 0],
  ['maxOrigins', 2 ** 25],
  ['maxWait', '4000d'],
  ['retryNetworkErrors', 'yes'],
  ['fetch', 'fetch'],
  ['random', 0.5],
])('%s: %s is refused when the function is made', (option, value) => {
  expect(() => createFetch({ [option]: value })).toThrow(
    expect.objectContaining({ name: 'HeadgateError', code: 'INVALID_OPTION', option, value }),
  )
})

test('durations are those of core', () => {
  for (const option of ['maxWait', 'maxTime', 'backoff']) {
    for (const value of [0, -1, 'soon', Number.POSITIVE_INFINITY, {}]) {
      expect(() => createFetch({ [option]: value })).toThrow(
        expect.objectContaining({ code: 'INVALID_DURATION', option }),
      )
    }
  }
})

test('a clock needs both of its functions', () => {
  expect(() => createFetch({ clock: { now: () => 0 } as never })).toThrow(HeadgateError)
  expect(() => createFetch({ clock: null as never })).toThrow(HeadgateError)
  expect(() => createFetch(null as never)).toThrow(HeadgateError)
})

test("the function has fetch's own type", () => {
  const own: typeof fetch = createFetch()
  expect(own).toBeTypeOf('function')
})
