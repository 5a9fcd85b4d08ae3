import {
  concurrency,
  createLimiter,
  fixedWindow,
  type Limit,
  leakyBucket,
  parseLimit,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { policyOf } from '../../src/fields/policy-of.ts'
import { windowSeconds } from '../../src/fields/window-seconds.ts'

test.each<[Limit, number, number | null]>([
  [fixedWindow({ limit: 10, window: '1m' }), 10, 60_000],
  [slidingWindow({ limit: 10, window: '90s' }), 10, 90_000],
  [slidingLog({ limit: 10, window: 250 }), 10, 250],
  [tokenBucket({ capacity: 10, refill: 30, per: '1m' }), 10, 20_000],
  [tokenBucket({ capacity: 10, refill: 3, per: '1s' }), 10, 3_334],
  [tokenBucket({ capacity: 1, refill: 1, per: 1 }), 1, 1],
  [leakyBucket({ rate: 10, per: '1s', queue: 0 }), 1, 100],
  [leakyBucket({ rate: 7, per: '1m', queue: 20 }), 21, 180_000],
  [quota({ limit: 5, per: 'hour' }), 5, 3_600_000],
  [quota({ limit: 5, per: 'day', timeZone: 'Europe/Berlin' }), 5, 86_400_000],
  [quota({ limit: 5, per: 'week', anchorDay: 3 }), 5, 604_800_000],
  [quota({ limit: 5, per: 'month' }), 5, null],
])('%j is told as %d in %s ms', (limit, units, windowMs) => {
  expect(policyOf('x', limit)).toEqual({ name: 'x', quota: units, windowMs, unit: 'requests' })
  expect(policyOf('x', parseLimit(JSON.parse(JSON.stringify(limit))))).toEqual(policyOf('x', limit))
})

test('a product past 2^53 is still rounded up exactly', () => {
  // As doubles, capacity · per comes out too large, and the quotient one too many.
  const capacity = 2 ** 42 + 2
  const limit = tokenBucket({ capacity, refill: 3 * 86_400_000, per: '1d' })
  expect(policyOf('x', limit).windowMs).toBe(capacity / 3)
})

test('what is under way has no window, and a unit of its own', () => {
  const limit = concurrency({ limit: 5, lease: '1m' })
  expect(policyOf('x', limit)).toEqual({
    name: 'x',
    quota: 5,
    windowMs: null,
    unit: 'concurrent-requests',
  })
  expect(policyOf('x', limit, 'requests').unit).toBe('requests')
})

test('a unit is told', () => {
  const limit = fixedWindow({ limit: 10, window: '1m' })
  expect(policyOf('x', limit, 'content-bytes').unit).toBe('content-bytes')
})

// A client that used all of it and waits for the window that it was told can use all of it again.
test('what is told is given: a spent limit is whole again after its window', () => {
  const per = fc.integer({ min: 1, max: 100_000 })
  const units = fc.integer({ min: 1, max: 100 })
  const limits = fc.oneof(
    fc.record({ capacity: units, refill: units, per }).map(tokenBucket),
    fc.record({ rate: units, per, queue: fc.nat(50) }).map(leakyBucket),
    fc.record({ limit: units, window: per }).map(fixedWindow),
    fc.record({ limit: units, window: per }).map(slidingLog),
  )
  const start = 1_767_225_600_000_000
  fc.assert(
    fc.property(limits, fc.nat(100_000_000), (limit, late) => {
      const limiter = createLimiter({ store: memoryStore(), limits: { x: limit } })
      const { quota, windowMs } = policyOf('x', limit)
      const window = windowSeconds(windowMs)
      fc.pre(window !== undefined)
      const now = start + late
      expect(limiter.consumeSync('key', { cost: quota, now }).allowed).toBe(true)
      expect(limiter.peekSync('key', { now }).remaining).toBe(0)
      expect(limiter.peekSync('key', { now: now + (window ?? 0) * 1_000_000 }).remaining).toBe(quota)
    }),
    { numRuns: 500 },
  )
})
