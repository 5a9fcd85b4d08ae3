import { createModel } from '@headgate/conformance'
import {
  type Check,
  compileLimit,
  fixedWindow,
  type Limit,
  type Outcome,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromIoredis, redisStore } from '../src/index.ts'
import { connect, PATIENT } from './support.ts'

const NOW = 2_300_000_000_000_000
const limits: readonly Limit[] = [
  tokenBucket({ capacity: 20, refill: 3, per: '1s' }),
  tokenBucket({ capacity: 30, refill: 7, per: '1s' }),
  fixedWindow({ limit: 20, window: '1m' }),
  slidingWindow({ limit: 20, window: '1m' }),
  slidingLog({ limit: 20, window: '1m' }),
]

/** Decisions that are asked for at once. */
const bursts = fc.array(
  fc.record({
    limit: fc.constantFrom(...limits.slice(0, 2), ...limits),
    cost: fc.constantFrom(0, 1, 1, 3, 21),
    key: fc.constantFrom('a', 'a', 'b'),
    times: fc.integer({ min: 1, max: 30 }),
    later: fc.constantFrom(0, 0, 1, 3_000_000),
    shadow: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
)

test('equal decisions, which travel as one, are answered as one after the other', async () => {
  const client = await connect()
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(bursts, fc.integer({ min: 0, max: 90_000_000 })), { maxLength: 4 }),
      async (program) => {
        const store = redisStore(fromIoredis(client), {
          ...PATIENT,
          prefix: `equal${Math.random()}-${run++}`,
        })
        const model = createModel()
        let now = NOW
        for (const [burst, pause] of program) {
          now += pause
          const asked = burst.flatMap(({ limit, cost, key, times, later, shadow }) => {
            const rule = compileLimit(limit).ruleAt(now)
            const check: Check = { scope: 's', id: key, rule, cost, shadow }
            return Array.from({ length: times }, () => ({ check, time: now + later }))
          })
          const expected: Outcome[] = []
          for (const { check, time } of asked) expected.push(await model.decide([check], time))
          // The first goes alone, or in a batch with some of the others: they keep their order.
          const found = asked.map(({ check, time }) => store.decide([check], time))
          expect(await Promise.all(found)).toEqual(expected)
        }
        await store.close()
      },
    ),
    { numRuns: 300 },
  )
})

test('a window that begins with another, and ends later, is another', async () => {
  const store = redisStore(fromIoredis(await connect()), { ...PATIENT, prefix: `equal${Math.random()}` })
  const model = createModel()
  const began = NOW - (NOW % 7_200_000_000)
  for (const [window, cost, later] of [
    ['1h', 5, 1],
    ['2h', 1, 2],
    ['2h', 0, 3],
    ['1h', 1, 4],
  ] as const) {
    const rule = compileLimit(fixedWindow({ limit: 5, window })).ruleAt(began)
    const check: Check = { scope: 's', id: 'a', rule, cost }
    expect(await store.decide([check], began + later)).toEqual(await model.decide([check], began + later))
  }
  await store.close()
})
