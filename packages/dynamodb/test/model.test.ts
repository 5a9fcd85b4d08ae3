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
import { dynamodbStore } from '../src/index.ts'
import { connectForTest, freshId, START } from './support.ts'

const small: readonly Limit[] = [
  tokenBucket({ capacity: 5, refill: 3, per: '7s' }),
  // The same rate, so that both read the same state.
  tokenBucket({ capacity: 9, refill: 3, per: '7s' }),
  leakyBucket({ rate: 2, per: '1s', queue: 4 }),
  fixedWindow({ limit: 4, window: '10s' }),
  fixedWindow({ limit: 6, window: '10s' }),
  slidingWindow({ limit: 5, window: '10s' }),
  slidingLog({ limit: 4, window: '3s' }),
  quota({ limit: 6, per: 'hour' }),
]
/** Numbers of up to 26 digits in the table. */
const large: readonly Limit[] = [
  tokenBucket({ capacity: 2 ** 32, refill: 2 ** 31 - 1, per: 1 }),
  tokenBucket({ capacity: 2 ** 52, refill: 1_000_000, per: '1s' }),
  tokenBucket({ capacity: 643_371_375, refill: 3, per: '7s' }),
  fixedWindow({ limit: Number.MAX_SAFE_INTEGER, window: '1m' }),
  slidingWindow({ limit: 2 ** 40, window: '1h' }),
  quota({ limit: Number.MAX_SAFE_INTEGER, per: 'month' }),
]

/** One call: what it does to which keys, how much later than the latest one, how far its clock lags, and who makes it. */
interface Step {
  readonly verb: 'decide' | 'adjust' | 'delete'
  readonly parts: readonly Part[]
  readonly later: Micros
  readonly lag: Micros
  /** Which of the stores at the table. */
  readonly by: number
  /** Whether it is awaited before the next. */
  readonly awaited: boolean
}

interface Part {
  readonly scope: 'a' | 'b' | 'c'
  readonly id: string
  readonly units: number
  readonly shadow: boolean
  /** Whether it is asked under another limit than usual. */
  readonly changed: boolean
}

type LimitOf = { readonly [scope in 'a' | 'b' | 'c' | 'other']: Limit }

const ONE_HOUR = 3_600_000_000

function programs(limits: readonly Limit[], units: fc.Arbitrary<number>, keys: number, parts: number) {
  const limit = fc.constantFrom(...limits)
  const part: fc.Arbitrary<Part> = fc.record({
    scope: fc.constantFrom<Part['scope'][]>('a', 'b', 'c').map((scope) => (keys === 1 ? 'a' : scope)),
    id: fc.constantFrom('x', 'y').map((id) => (keys === 1 ? 'x' : id)),
    units,
    shadow: fc.nat(5).map((n) => n === 0),
    changed: fc.nat(9).map((n) => n === 0),
  })
  const step: fc.Arbitrary<Step> = fc.record({
    verb: fc.constantFrom('decide', 'decide', 'decide', 'decide', 'decide', 'decide', 'adjust', 'delete'),
    parts: fc.uniqueArray(part, { minLength: 1, maxLength: parts, selector: encodeKey }),
    later: fc.oneof(fc.nat(3_000_000), fc.nat(30_000_000), fc.nat(400_000_000), fc.constant(0)),
    lag: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.nat(2_000_000) },
      { weight: 2, arbitrary: fc.nat(60_000_000) },
      { weight: 1, arbitrary: fc.nat(ONE_HOUR) },
    ),
    by: fc.nat(2),
    awaited: fc.boolean(),
  })
  return fc.tuple(
    fc.record({ a: limit, b: limit, c: limit, other: limit }),
    fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
  )
}

const few = fc.integer({ min: -3, max: 6 })
const many = fc.oneof(few, fc.constantFrom(2 ** 31, 2 ** 40, 2 ** 52, Number.MAX_SAFE_INTEGER, -(2 ** 40)))

test.each([
  ['many keys, several limits', programs(small, few, 6, 3), 60],
  ['one key', programs(small, few, 1, 1), 100],
  ['one key, the largest numbers', programs(large, many, 1, 1), 50],
] as const)(
  'three stores at one table answer what the model answers: %s',
  {
    timeout: 60_000,
  },
  async (_, arbitrary, numRuns) => {
    const client = await connectForTest()
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([limitOf, steps]) => {
        const stores = [0, 1, 2].map(() => dynamodbStore({ client, timeout: 20_000 }))
        await follow(stores, limitOf, steps)
        for (const store of stores) await store.close()
      }),
      { numRuns },
    )
  },
)

/** Lets a program run at the stores and at the model. Calls that aren't awaited are all of one store. */
async function follow(stores: readonly Store[], limitOf: LimitOf, steps: readonly Step[]): Promise<void> {
  const model = createModel()
  const run = freshId()
  const charges = new Map<string, State>()
  const expected: unknown[] = []
  const answers: Promise<unknown>[] = []
  let latest = START
  let last: Step | undefined
  for (const step of steps) {
    latest += step.later
    const now = latest - step.lag
    if (last?.by !== step.by || last.awaited) await Promise.all(answers)
    last = step
    const asked = step.parts.map((one) => {
      const rule = compileLimit(limitOf[one.changed ? 'other' : one.scope]).ruleAt(now)
      return { ...one, id: `${run}/${one.id}`, rule }
    })
    const call = callOf(step.verb, asked, charges)
    const outcome = await perform(model, call, now)
    remember(charges, call, outcome)
    expected.push(read(call, outcome))
    answers.push(perform(stores[step.by]!, call, now).then((got) => read(call, got)))
  }
  expect(await Promise.all(answers)).toEqual(expected)
}

type Call =
  | { readonly verb: 'decide'; readonly on: readonly Check[] }
  | { readonly verb: 'adjust'; readonly on: readonly Adjustment[] }
  | { readonly verb: 'delete'; readonly on: readonly (Key & { rule: Rule })[] }

function callOf(
  verb: Step['verb'],
  asked: readonly (Part & { rule: Rule })[],
  charges: ReadonlyMap<string, State>,
): Call {
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

async function perform(store: Store, { verb, on }: Call, now: Micros): Promise<Outcome | undefined> {
  if (verb === 'decide') return store.decide(on, now)
  if (verb === 'adjust') return store.adjust(on, now)
  await store.delete(on)
  return undefined
}

/** What can be read from an outcome. Cells that count for nothing may be there or gone, so they aren't compared. */
function read({ on }: Call, outcome: Outcome | undefined): unknown {
  return outcome?.results.map(({ allowed, cells }, i) => {
    const { rule } = on[i]!
    const { now } = outcome
    const algorithm = algorithmOf(rule)
    const used = algorithm.used(rule, cells, 0, now)
    return {
      now,
      allowed,
      used,
      remaining: algorithm.remaining(rule, cells, 0, now),
      fitsAt: algorithm.fitsAt(rule, cells, 0, now, 1),
      runsAt: algorithm.runsAt(rule, cells, 0, now, 1),
      emptyAt: used === 0 ? now : algorithm.emptyAt(rule, cells, 0),
    }
  })
}
