import { createModel } from '@headgate/conformance'
import { algorithmOf, type Check, compileLimit, leakyBucket, type Outcome, tokenBucket } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { poolForTest, START, schemaForTest } from './support.ts'

/** A small one, at which much happens, and the largest that can be compiled, at which products pass 2^63. */
const METERS = [
  tokenBucket({ capacity: 5, refill: 3, per: '7s' }),
  tokenBucket({ capacity: 2 ** 52, refill: 2 ** 31, per: 1 }),
  tokenBucket({ capacity: 4_503_599, refill: 1, per: 1_000 }),
  tokenBucket({ capacity: 3, refill: 1, per: '365d' }),
  leakyBucket({ rate: 2, per: '1s', queue: 4 }),
]

/** A plain check that shares its statement with those of other keys. */
const plain = fc.record({
  id: fc.integer({ min: 0, max: 40 }),
  limit: fc.constantFrom(...METERS),
  cost: fc.integer({ min: 1, max: 3 }),
  times: fc.integer({ min: 1, max: 4 }),
  lag: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(70_000_000)),
})
const rounds = fc.array(
  fc.record({
    later: fc.oneof(fc.nat(3_000_000), fc.nat(400_000_000)),
    checks: fc.uniqueArray(plain, { selector: ({ id }) => id, minLength: 1, maxLength: 40 }),
  }),
  { minLength: 2, maxLength: 8 },
)

test('answers what the model answers to plain checks of many keys, under many limits, in one statement', {
  timeout: 60_000,
}, async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool, true)
  const store = postgresStore({ pool, schema, maxInFlight: 1, timeout: 20_000 })
  let runs = 0
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const scope = String(++runs)
      const model = createModel()
      let latest = START
      for (const { later, checks } of all) {
        latest += later
        const asked = checks.flatMap(({ id, limit, cost, times, lag }) => {
          const now = latest - lag
          const check: Check = { scope, id: String(id), rule: compileLimit(limit).ruleAt(now), cost }
          return Array.from({ length: times }, () => ({ check, now }))
        })
        const expected = asked.map(({ check, now }) => read(check, model.decideSync([check], now)))
        const answers = asked.map(({ check, now }) =>
          store.decide([check], now).then((outcome) => read(check, outcome)),
        )
        expect(await Promise.all(answers)).toEqual(expected)
      }
    }),
    { numRuns: 100 },
  )
  await store.close()
})

/** What can be read from an outcome. Cells that count for nothing may be there or swept, so they aren't compared. */
function read({ rule }: Check, { now, results }: Outcome): unknown {
  return results.map(({ allowed, cells }) => {
    const used = algorithmOf(rule).used(rule, cells, 0, now)
    return { now, allowed, cells: used === 0 ? [] : Array.from(cells) }
  })
}
