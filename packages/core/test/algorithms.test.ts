import fc from 'fast-check'
import { expect, test } from 'vitest'
import { algorithmOf } from '../src/algorithms/index.ts'
import { slidingLog } from '../src/algorithms/sliding-log.ts'
import {
  fixedWindow,
  leakyBucket,
  slidingLog as limitOf,
  quota,
  slidingWindow,
  tokenBucket,
} from '../src/index.ts'
import { alignedStart } from '../src/micros.ts'
import { compileLimit } from '../src/parse-limit.ts'

test('a window starts where whole numbers say, at any time and of any length', () => {
  const length = fc.oneof(
    fc.integer({ min: 1, max: 1_000 }),
    fc.integer({ min: 1, max: 2 ** 50 }),
    fc.constantFrom(86_400_000_000, 3_600_000_000, 1_000_000),
  )
  const times = fc.oneof(fc.maxSafeNat(), fc.nat(1_000), fc.constant(Number.MAX_SAFE_INTEGER))
  fc.assert(
    fc.property(times, length, fc.integer({ min: -2, max: 2 }), (some, length, beside) => {
      // At and around the ends of windows, where a quotient that is rounded would show.
      const edge = (BigInt(some) / BigInt(length)) * BigInt(length) + BigInt(beside)
      for (const time of [BigInt(some), edge]) {
        if (time < 0n || time > BigInt(Number.MAX_SAFE_INTEGER)) continue
        const start = (time / BigInt(length)) * BigInt(length)
        expect(alignedStart(Number(time), length)).toBe(Number(start))
      }
    }),
    { numRuns: 20_000 },
  )
})

test.each([
  fixedWindow({ limit: 5, window: '1s' }),
  quota({ limit: 5, per: 'day' }),
  slidingWindow({ limit: 5, window: '1s' }),
  limitOf({ limit: 5, window: '1s' }),
  tokenBucket({ capacity: 5, refill: 3, per: '1s' }),
  leakyBucket({ rate: 3, per: '1s', queue: 4 }),
])('to take if it fits is to ask and then to take: $algorithm', (limit) => {
  const compiled = compileLimit(limit)
  const step = fc.record({ after: fc.integer({ min: -500_000, max: 1_500_000 }), cost: fc.nat(7) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let now = 1_700_000_000_000_000
      const algorithm = algorithmOf(compiled.ruleAt(now))
      const apart = new Array<number>(algorithm.width).fill(0)
      const atOnce = [...apart]
      for (const { after, cost } of steps) {
        now += after
        const rule = compiled.ruleAt(now)
        const fits = algorithm.fits(rule, apart, 0, now, cost)
        if (fits) algorithm.take(rule, apart, 0, now, cost)
        expect(algorithm.take(rule, atOnce, 0, now, cost, true)).toBe(fits)
        expect(atOnce).toEqual(apart)
      }
    }),
  )
})

test('a log’s debts are still a whole number when a clock that is set back makes them one', () => {
  const rule = compileLimit(limitOf({ limit: 5, window: '1h' })).ruleAt(0) as Parameters<
    typeof slidingLog.take
  >[0]
  const cells: number[] = []
  const now = 7_200_000_000
  slidingLog.take(rule, cells, 0, now, Number.MAX_SAFE_INTEGER)
  slidingLog.take(rule, cells, 0, now + 1, Number.MAX_SAFE_INTEGER)
  slidingLog.giveBack(rule, cells, 0, now - 600_000_000, 1, [0, 0])
  expect(cells).toEqual([now - 600_000_000, Number.MAX_SAFE_INTEGER])
})
