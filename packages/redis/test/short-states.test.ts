import { createModel } from '@headgate/conformance'
import {
  type Check,
  compileLimit,
  type Duration,
  fixedWindow,
  type Limit,
  leakyBucket,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromIoredis, redisStore } from '../src/index.ts'
import { connect } from './support.ts'

/** Limits, and costs by which their numbers pass what is kept in short, in both directions. */
const crossing: readonly { readonly limit: Limit; readonly costs: readonly number[] }[] = [
  { limit: tokenBucket({ capacity: 100, refill: 100, per: '1d' }), costs: [1, 3, 5] },
  { limit: tokenBucket({ capacity: 2 ** 33, refill: 3_000, per: '1s' }), costs: [1, 2 ** 23, 2 ** 32] },
  { limit: tokenBucket({ capacity: 2 ** 33, refill: 11, per: '1s' }), costs: [1, 2 ** 26, 2 ** 32] },
  { limit: fixedWindow({ limit: 2 ** 33, window: '1h' }), costs: [1, 2 ** 31, 2 ** 32 - 1] },
  { limit: fixedWindow({ limit: 100, window: '365d' }), costs: [1, 3, 5] },
  { limit: slidingWindow({ limit: 200_000, window: '1m' }), costs: [1, 65_535, 40_000] },
  { limit: quota({ limit: 2 ** 33, per: 'day', timeZone: 'Pacific/Auckland' }), costs: [1, 2 ** 32] },
]
const steps = fc.array(
  fc.record({
    pick: fc.nat(2),
    // Some hours are enough for all of them to be empty, or nearly so.
    pause: fc.constantFrom(0, 1, 61_000_000, 7_200_000_000),
    way: fc.constantFrom('alone', 'with another', 'in a batch', 'given back'),
  }),
  { minLength: 1, maxLength: 8 },
)

// The first window of a calendar that is ahead of UTC begins before 1970.
test.each([0, 2_300_000_000_000_000])(
  'numbers in short and in long are the same (from %d)',
  async (start) => {
    const client = await connect()
    let run = 0
    const kept = new Set<number>()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...crossing),
        fc.boolean(),
        steps,
        async ({ limit, costs }, gather, program) => {
          const prefix = `short${Math.random()}-${run++}`
          const store = redisStore(fromIoredis(client), { prefix, gather })
          const model = createModel()
          let now = start
          for (const { pick, pause, way } of program) {
            now += pause
            const rule = compileLimit(limit).ruleAt(now)
            const check: Check = { scope: 's', id: 'a', rule, cost: costs[pick % costs.length] ?? 1 }
            if (way === 'given back') {
              const back = [{ ...check, units: -check.cost }]
              expect(await store.adjust(back, now)).toEqual(await model.adjust(back, now))
            } else if (way === 'in a batch') {
              const batch = [check, { ...check, id: 'b' }].map((each) => [each])
              const found = await Promise.all(batch.map((checks) => store.decide(checks, now)))
              for (const [i, checks] of batch.entries())
                expect(found[i]).toEqual(await model.decide(checks, now))
            } else {
              const checks = way === 'alone' ? [check] : [check, { ...check, scope: 't' }]
              expect(await store.decide(checks, now)).toEqual(await model.decide(checks, now))
            }
            kept.add(await client.strlen(`${prefix}{a}s`))
          }
          await store.close()
        },
      ),
      { numRuns: 150 },
    )
    // Nothing at all, short and long.
    expect(kept.size).toBeGreaterThan(4)
  },
)

const period = fc.constantFrom<Duration>('250ms', '1s', '7s', '1m', '15m', '1h', '1d')
const number = fc.integer({ min: 1, max: 2_000 })
const anyLimit: fc.Arbitrary<Limit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ capacity: number, refill: number, per: period }).map(tokenBucket),
  },
  fc.record({ limit: number, window: period }).map(slidingWindow),
  // So large a limit is weighed in coarse ticks, of which the state must tell.
  fc.record({ limit: fc.constant(2 ** 50), window: fc.constant<Duration>('1s') }).map(slidingWindow),
  fc.record({ limit: number, window: period }).map(fixedWindow),
  fc.record({ limit: number, window: period }).map(slidingLog),
)

test('what was used under one limit counts under any other, however each is kept', async () => {
  const client = await connect()
  let run = 0
  const lengths = new Set<number>()
  const change = fc.record({
    limit: anyLimit,
    cost: fc.integer({ min: 1, max: 50 }),
    pause: fc.nat(2_000_000),
    inBatch: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 2, maxLength: 6 }), async (changes) => {
      const prefix = `changed${Math.random()}-${run++}`
      const store = redisStore(fromIoredis(client), { prefix })
      const model = createModel()
      let now = 1_700_000_000_000_000
      for (const { limit, cost, pause, inBatch } of changes) {
        now += pause
        const check: Check = { scope: 's', id: 'a', rule: compileLimit(limit).ruleAt(now), cost }
        const asked = inBatch ? [check, { ...check, id: 'b' }] : [check]
        const found = await Promise.all(asked.map((each) => store.decide([each], now)))
        for (const [i, each] of asked.entries()) expect(found[i]).toEqual(await model.decide([each], now))
        lengths.add(await client.strlen(`${prefix}{a}s`))
      }
      await store.close()
    }),
    { numRuns: 300 },
  )
  expect(lengths.has(12)).toBe(true)
  expect(Math.max(...lengths)).toBeGreaterThan(20)
})

test.each([
  tokenBucket({ capacity: 100, refill: 100, per: '1m' }),
  tokenBucket({ capacity: 1_000, refill: 1_000, per: '1h' }),
  tokenBucket({ capacity: 10, refill: 30, per: '1m' }),
  fixedWindow({ limit: 1_000_000, window: '1d' }),
  quota({ limit: 1_000_000, per: 'month' }),
  slidingWindow({ limit: 1_000, window: '1m' }),
  leakyBucket({ rate: 7_200, per: '1d', queue: 50 }),
])('the state of a usual limit is short: %j', async (limit) => {
  const client = await connect()
  const prefix = `usual${Math.random()}`
  const store = redisStore(fromIoredis(client), { prefix })
  const [seconds] = await client.time()
  const rule = compileLimit(limit).ruleAt(Number(seconds) * 1_000_000)
  for (let i = 0; i < 10; i++) await store.decide([{ scope: 's', id: 'a', rule, cost: 1 }])
  // With this, and what Redis keeps beside it, it takes 32 bytes, of any allocator.
  expect(await client.strlen(`${prefix}{a}s`)).toBe(12)
  await store.close()
})
