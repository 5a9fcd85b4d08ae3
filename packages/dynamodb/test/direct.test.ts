import {
  applyChecks,
  compileLimit,
  fixedWindow,
  type Limit,
  MAX_LEAD,
  type MeterRule,
  type Micros,
  type Rule,
  type SlidingWindowRule,
  type State,
  slidingWindow,
  tokenBucket,
  type WindowRule,
} from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { directUpdate } from '../src/direct.ts'
import { dynamodbStore } from '../src/index.ts'
import { decodeState, encodeState } from '../src/item.ts'
import { createItems } from '../src/items.ts'
import { checkOptions } from '../src/options.ts'
import { createRequests } from '../src/requests.ts'
import { ask, connectForTest, freshId, START, TABLE } from './support.ts'

const now: Micros = START + 1_234_567

/** A number at an edge or next to it. */
const near = (...edges: readonly number[]) =>
  fc
    .tuple(fc.constantFrom(...edges), fc.constantFrom(-1, 0, 0, 1))
    .map(([edge, by]) => Math.max(0, edge + by))

function meterStates(rule: MeterRule, units: number): fc.Arbitrary<State> {
  const n = Math.floor(now / rule.tick)
  const lead = MAX_LEAD / rule.tick
  return near(n, n, n, n - 5, n + 5, n - 1_000_000, n + lead, n + lead + 7).chain((ts) => {
    const passed = Math.max(0, n - ts) * rule.num
    const room = rule.cap - units * rule.den
    return near(0, passed, passed + room, room, rule.cap).map((level) => ({
      units: rule.units,
      cells: [ts, level],
    }))
  })
}

function windowStates(rule: WindowRule, units: number): fc.Arbitrary<State> {
  const start = now - (now % rule.length)
  return fc
    .record({
      by: fc.constantFrom(0, 0, 0, -1, -2, 1, 90),
      longer: fc.constantFrom(0, 0, 0, 0, 1_000, -rule.length + 1),
      count: near(0, rule.limit - units, rule.limit),
    })
    .map(({ by, longer, count }) => {
      const own = start + by * rule.length
      return { units: rule.units, cells: [own, own + rule.length + longer, count] }
    })
}

function slidingStates(rule: SlidingWindowRule, units: number): fc.Arbitrary<State> {
  const start = now - (now % rule.length)
  return fc
    .record({
      by: fc.constantFrom(0, 0, 0, 0, -1, -2, 1, 90),
      current: near(0, rule.limit - units, rule.limit),
      previous: near(0, 3, rule.limit),
    })
    .map(({ by, current, previous }) => ({
      units: rule.units,
      cells: [start + by * rule.length, current, previous],
    }))
}

function statesOf(rule: Rule, units: number): fc.Arbitrary<State> {
  if (rule.algorithm === 'meter') return meterStates(rule, units)
  if (rule.algorithm === 'window') return windowStates(rule, units)
  return slidingStates(rule as SlidingWindowRule, units)
}

const kinds: readonly (readonly [string, Limit])[] = [
  ['token bucket', tokenBucket({ capacity: 5, refill: 3, per: '7s' })],
  ['token bucket of the largest numbers', tokenBucket({ capacity: 2 ** 20, refill: 2 ** 31 - 1, per: 1 })],
  ['token bucket of coarse ticks', tokenBucket({ capacity: 100_000_000, refill: 1, per: '1s' })],
  ['fixed window', fixedWindow({ limit: 5, window: '1s' })],
  ['sliding window', slidingWindow({ limit: 9, window: '1s' })],
]

// The state in the table is another than was seen: that is what other processes are for.
test.each(kinds)(
  'what an update does to any state, the model does too: %s',
  { timeout: 30_000 },
  async (_, limit) => {
    const client = await connectForTest()
    const items = createItems(
      createRequests(checkOptions({ client }), () => {}),
      TABLE,
    )
    const rule = compileLimit(limit).ruleAt(now)
    const cases = fc.constantFrom(1, 2, 5).chain((units) => {
      const state = statesOf(rule, units)
      const shuffled = fc.record({
        seen: state,
        actual: state,
        mixed: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      })
      return fc.record({
        units: fc.constant(units),
        states: shuffled.map(({ seen, actual, mixed }) => {
          // Mostly alike, so that what differs is alone to tell.
          const cells = Array.from(actual.cells, (cell, i) => (mixed[i] ? cell : (seen.cells[i] ?? 0)))
          return { seen, actual: { units: rule.units, cells } }
        }),
        absent: fc.constantFrom('none', 'none', 'none', 'seen', 'actual'),
      })
    })
    let done = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ units, states, absent }) => {
        const seen = absent === 'seen' ? undefined : states.seen
        const actual = absent === 'actual' ? undefined : states.actual
        const check = { scope: 'a', id: 'a', rule, cost: units }
        if (!applyChecks([check], [seen], now).outcome.results[0]?.allowed) return
        const direct = directUpdate(rule, seen, now, units)
        if (direct === undefined) return
        const key = freshId()
        const errand = { deadline: performance.now() + 5_000, calls: 1 }
        if (actual !== undefined) {
          const next = encodeState(actual)
          await items.write([{ key, believed: undefined, next, expiresAt: now }], now, errand)
        }
        const taken = await items.take(key, direct, now, errand)
        if (!taken.done) {
          expect(actual, 'what was seen is there').not.toEqual(seen)
          return
        }
        done++
        const [found] = await items.read([key], errand)
        expect(decodeState(found?.item)).toEqual(applyChecks([check], [actual], now).writes[0])
      }),
      { numRuns: 600 },
    )
    expect(done).toBeGreaterThan(20)
  },
)

test('who was thought to be denied, and fits, is decided anew', async () => {
  const client = await connectForTest()
  const [one, other] = [dynamodbStore({ client }), dynamodbStore({ client })]
  const limit = fixedWindow({ limit: 5, window: '1s' })
  const afterDeletion = async (costs: readonly number[]) => {
    const id = freshId()
    await one.decide([ask(id, 3, limit)], START)
    await other.delete([ask(id)])
    const outcomes = await Promise.all(costs.map((cost) => one.decide([ask(id, cost, limit)], START)))
    const { results } = await other.decide([ask(id, 0, limit)], START)
    return { allowed: outcomes.map((each) => each.results[0]?.allowed), count: results[0]?.cells[2] }
  }
  expect(await afterDeletion([4, 1])).toEqual({ allowed: [true, true], count: 5 })
  // It comes after those who fitted what was seen.
  expect(await afterDeletion([4, 1, 1])).toEqual({ allowed: [false, true, true], count: 2 })
})

test('numbers are read in any form in which DynamoDB may write them', () => {
  const bucket = (ts: string, level: string) => ({
    units: { S: 'meter:1000:3:7' },
    ts: { N: ts },
    level: { N: level },
  })
  const cells = [1_200, 3_642]
  for (const ts of ['1200', '1.2E3', '12e2', '1.2E+3']) {
    expect(decodeState(bucket(ts, '7242'))?.cells).toEqual(cells)
  }
  for (const wrong of ['', '1.5', '12E-1', 'NaN', '1.25E1']) {
    expect(() => decodeState(bucket(wrong, '7242'))).toThrow(
      expect.objectContaining({ code: 'STORE_FAILED' }),
    )
  }
})
