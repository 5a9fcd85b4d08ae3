import { createModel } from '@headgate/conformance'
import {
  type Adjustment,
  algorithmOf,
  type Check,
  compileLimit,
  encodeKey,
  fixedWindow,
  type Key,
  type Limit,
  leakyBucket,
  type Micros,
  type Outcome,
  quota,
  type Rule,
  type State,
  type Store,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { poolForTest, START, schemaForTest } from './support.ts'

const MAX = Number.MAX_SAFE_INTEGER

/** Small ones, at which much happens, and the largest that can be compiled, at which products pass 2^63. */
const LIMITS: readonly Limit[] = [
  tokenBucket({ capacity: 5, refill: 3, per: '7s' }),
  tokenBucket({ capacity: 2 ** 52, refill: 2 ** 31, per: 1 }),
  tokenBucket({ capacity: 4_503_599, refill: 1, per: 1_000 }),
  tokenBucket({ capacity: 3, refill: 1, per: '365d' }),
  leakyBucket({ rate: 2, per: '1s', queue: 4 }),
  fixedWindow({ limit: 4, window: '10s' }),
  fixedWindow({ limit: MAX, window: 36_500 * 86_400_000 }),
  slidingWindow({ limit: 5, window: '10s' }),
  slidingWindow({ limit: 4_503_599_627, window: 1_000 }),
  slidingWindow({ limit: 1_000_000, window: '365d' }),
  slidingLog({ limit: 4, window: '3s' }),
  slidingLog({ limit: 10_000, window: '1d' }),
  quota({ limit: 6, per: 'hour' }),
]

const SCOPES = ['a', 'b', 'c'] as const
const limit = fc.constantFrom(...LIMITS)
const limitOfScope = fc.record({ a: limit, b: limit, c: limit, other: limit })

/** One call: what it does to which keys, and how much later than the latest one its clock stands, or how far behind. */
interface Step {
  readonly verb: 'decide' | 'adjust' | 'delete'
  readonly parts: readonly Part[]
  readonly later: Micros
  readonly lag: Micros
  /** Whether its answer is awaited before the next call is made. */
  readonly awaited: boolean
}

interface Part {
  readonly scope: (typeof SCOPES)[number]
  readonly id: string
  readonly units: number
  readonly shadow: boolean
  /** Whether it is asked under another limit than usual. */
  readonly changed: boolean
}

const units = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -3, max: 6 }) },
  { weight: 2, arbitrary: fc.constantFrom(MAX, -MAX, MAX - 1, 2 ** 52, 2 ** 51, 2 ** 32, -(2 ** 31)) },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
)
const part: fc.Arbitrary<Part> = fc.record({
  scope: fc.constantFrom(...SCOPES),
  id: fc.constantFrom('x', 'y'),
  units,
  shadow: fc.boolean(),
  changed: fc.nat(5).map((n) => n === 0),
})
const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom('decide', 'decide', 'decide', 'adjust', 'delete'),
  parts: fc.oneof(fc.tuple(part), fc.uniqueArray(part, { minLength: 1, maxLength: 3, selector: encodeKey })),
  later: fc.oneof(fc.constant(0), fc.nat(3_000_000), fc.nat(400_000_000), fc.nat(4_000 * 86_400_000_000)),
  lag: fc.oneof(fc.constant(0), fc.nat(2_000_000), fc.nat(60_000_000), fc.nat(7_200_000_000)),
  awaited: fc.boolean(),
})

// One statement at a time, so that those that share one keep their order, and those that don't too.
test('answers what the model answers, however calls are gathered, at extremes too', {
  timeout: 60_000,
}, async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool, true)
  const store = postgresStore({ pool, schema, maxInFlight: 1, timeout: 20_000 })
  let runs = 0
  await fc.assert(
    fc.asyncProperty(
      limitOfScope,
      fc.array(step, { minLength: 1, maxLength: 30 }),
      async (limitOf, steps) => {
        const run = String(++runs)
        const model = createModel()
        const charges = new Map<string, State>()
        const answers: Promise<unknown>[] = []
        const expected: unknown[] = []
        let latest = START
        for (const { verb, parts, later, lag, awaited } of steps) {
          latest += later
          const now = latest - lag
          const asked = parts.map((one) => {
            const limit = limitOf[one.changed ? 'other' : one.scope]
            return { ...one, scope: `${run}${one.scope}`, rule: compileLimit(limit).ruleAt(now) }
          })
          const call = callOf(verb, asked, charges)
          const outcome = await perform(model, call, now)
          remember(charges, call, outcome)
          expected.push(read(call, outcome))
          answers.push(perform(store, call, now).then((got) => read(call, got)))
          if (awaited) await answers.at(-1)
        }
        expect(await Promise.all(answers)).toEqual(expected)
      },
    ),
    { numRuns: 250 },
  )
  await store.close()
})

const METERS = LIMITS.filter(({ algorithm }) => algorithm === 'token-bucket' || algorithm === 'leaky-bucket')

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
          return Array.from({ length: times }, () => ({
            call: { verb: 'decide', on: [check] } as const,
            now,
          }))
        })
        const expected: unknown[] = []
        for (const { call, now } of asked) expected.push(read(call, await perform(model, call, now)))
        const answers = asked.map(({ call, now }) =>
          perform(store, call, now).then((outcome) => read(call, outcome)),
        )
        expect(await Promise.all(answers)).toEqual(expected)
      }
    }),
    { numRuns: 100 },
  )
  await store.close()
})

type Call =
  | { readonly verb: 'decide'; readonly on: readonly Check[] }
  | { readonly verb: 'adjust'; readonly on: readonly Adjustment[] }
  | { readonly verb: 'delete'; readonly on: readonly (Key & { rule: Rule })[] }

type Asked = Omit<Part, 'scope'> & { readonly scope: string; readonly rule: Rule }

function callOf(verb: Step['verb'], asked: readonly Asked[], charges: ReadonlyMap<string, State>): Call {
  if (verb === 'delete') return { verb, on: asked }
  if (verb === 'decide') return { verb, on: asked.map((one) => ({ ...one, cost: Math.max(0, one.units) })) }
  const on = asked.map(({ scope, id, rule, units }) => {
    const charge = charges.get(encodeKey({ scope, id }))
    return { scope, id, rule, units, ...(charge && { charge }) }
  })
  return { verb, on }
}

/** Keeps what a refund must tell of the last charge. */
function remember(charges: Map<string, State>, { on }: Call, outcome: Outcome | undefined): void {
  outcome?.results.forEach(({ cells }, i) => {
    const { rule } = on[i]!
    charges.set(encodeKey(on[i]!), { units: rule.units, cells: algorithmOf(rule).receipt(cells) })
  })
}

function perform(
  store: Pick<Store, 'decide' | 'adjust' | 'delete'>,
  { verb, on }: Call,
  now: Micros,
): Promise<Outcome | undefined> {
  if (verb === 'decide') return store.decide(on, now)
  return verb === 'adjust' ? store.adjust(on, now) : store.delete(on).then(() => undefined)
}

/** What can be read from an outcome. Cells that count for nothing may be there or swept, so they aren't compared. */
function read({ on }: Call, outcome: Outcome | undefined): unknown {
  return outcome?.results.map(({ allowed, cells }, i) => {
    const { rule } = on[i]!
    const { now } = outcome
    const algorithm = algorithmOf(rule)
    const used = algorithm.used(rule, cells, 0, now)
    return {
      now,
      allowed,
      cells: used === 0 ? [] : Array.from(cells),
      remaining: algorithm.remaining(rule, cells, 0, now),
      fitsAt: algorithm.fitsAt(rule, cells, 0, now, 1),
    }
  })
}
