import { expect, test } from 'vitest'
import { retryAfterSeconds } from '../../src/fields/retry-after.ts'

test.each([
  [0, 1],
  [1, 1],
  [1_000, 1],
  [1_001, 2],
  [59_999, 60],
  [86_400_000, 86_400],
  [Number.MAX_SAFE_INTEGER, 9_007_199_254_741],
  [Number.POSITIVE_INFINITY, 999_999_999_999_999],
  [Number.NaN, 1],
])('%d ms is %d s', (ms, seconds) => {
  expect(retryAfterSeconds(ms)).toBe(seconds)
})
