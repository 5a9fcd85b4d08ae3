import { createModel } from '@headgate/conformance'
import { type Check, compileLimit, leakyBucket, type Outcome, tokenBucket } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { poolForTest, START, schemaForTest } from './support.ts'

/** A small one and its like, and the largest that can be compiled, at which products pass 2^63. */
const METERS = [
  tokenBucket({ capacity: 5, refill: 3, per: '7s' }),
  tokenBucket({ capacity: 9, refill: 2, per: '7s' }),
  tokenBucket({ capacity: 2 ** 52, refill: 2 ** 31, per: 1 }),
  tokenBucket({ capacity: 3, refill: 1, per: '365d' }),
  leakyBucket({ rate: 2, per: '1s', queue: 4 }),
]

/** A burst at a key, perhaps after a debt; mostly under the limit that it has always been under. */
const burst = fc.record({
  limit: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.constantFrom(...METERS)),
  cost: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constantFrom(2 ** 50, 2 ** 52)),
  times: fc.integer({ min: 1, max: 6 }),
  debt: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(7, Number.MAX_SAFE_INTEGER)),
  later: fc.oneof(fc.nat(3_000_000), fc.nat(400_000_000)),
  lag: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(70_000_000)),
})

test('answers what the model answers to bursts at one key', { timeout: 60_000 }, async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool, true)
  const store = postgresStore({ pool, schema, maxInFlight: 1, timeout: 20_000 })
  let runs = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...METERS),
      fc.array(burst, { minLength: 1, maxLength: 12 }),
      async (usual, bursts) => {
        const scope = String(++runs)
        const model = createModel()
        let latest = START
        for (const { limit = usual, cost, times, debt, later, lag } of bursts) {
          latest += later
          const now = latest - lag
          const rule = compileLimit(limit).ruleAt(now)
          const check: Check = { scope, id: 'hot', rule, cost }
          if (debt > 0) {
            const forced = [{ scope, id: 'hot', rule, units: debt }]
            await Promise.all([store.adjust(forced, now), model.adjust(forced, now)])
          }
          const expected: Outcome[] = []
          for (let i = 0; i < times; i++) expected.push(await model.decide([check], now))
          const found = await Promise.all(expected.map(() => store.decide([check], now)))
          expect(found.map(told)).toEqual(expected.map(told))
        }
      },
    ),
    { numRuns: 120 },
  )
  await store.close()
})

function told({ now, results }: Outcome): unknown {
  return { now, results: results.map(({ allowed, cells }) => ({ allowed, cells: Array.from(cells) })) }
}
