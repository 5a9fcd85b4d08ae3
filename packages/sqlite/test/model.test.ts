import { createModel } from '@headgate/conformance'
import {
  type Adjustment,
  algorithmOf,
  type Check,
  compileLimit,
  encodeKey,
  fixedWindow,
  type Key,
  leakyBucket,
  type Micros,
  type Outcome,
  quota,
  type Rule,
  type State,
  type SyncStore,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { START, temporaryFile } from './support.ts'

const limit = fc.constantFrom(
  tokenBucket({ capacity: 5, refill: 3, per: '7s' }),
  leakyBucket({ rate: 2, per: '1s', queue: 4 }),
  fixedWindow({ limit: 4, window: '10s' }),
  slidingWindow({ limit: 5, window: '10s' }),
  slidingLog({ limit: 4, window: '3s' }),
  quota({ limit: 6, per: 'hour' }),
)
const limitOfScope = fc.record({ a: limit, b: limit, c: limit, other: limit })

/** One call: what it does to which keys, how much later than the latest one, how far its clock lags, how it is made. */
interface Step {
  readonly verb: 'decide' | 'adjust' | 'delete'
  readonly parts: readonly Part[]
  readonly later: Micros
  readonly lag: Micros
  readonly how: 'sync' | 'queued' | 'awaited' | 'reopened'
}

interface Part {
  readonly scope: 'a' | 'b' | 'c'
  readonly id: string
  readonly units: number
  readonly shadow: boolean
  /** Whether it is asked under another limit than usual. */
  readonly changed: boolean
}

const part: fc.Arbitrary<Part> = fc.record({
  scope: fc.constantFrom('a', 'b', 'c'),
  id: fc.constantFrom('x', 'y'),
  units: fc.integer({ min: -3, max: 6 }),
  shadow: fc.boolean(),
  changed: fc.nat(5).map((n) => n === 0),
})
const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom('decide', 'decide', 'decide', 'adjust', 'delete'),
  parts: fc.uniqueArray(part, { minLength: 1, maxLength: 3, selector: encodeKey }),
  later: fc.oneof(fc.nat(3_000_000), fc.nat(400_000_000), fc.constant(0)),
  lag: fc.oneof(fc.constant(0), fc.nat(2_000_000), fc.nat(60_000_000)),
  how: fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom<Step['how'][]>('sync', 'queued', 'queued', 'awaited') },
    { weight: 1, arbitrary: fc.constant<Step['how']>('reopened') },
  ),
})

test('answers what the model answers, however calls are grouped', { timeout: 30_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      limitOfScope,
      fc.array(step, { minLength: 1, maxLength: 40 }),
      async (limitOf, steps) => {
        const file = temporaryFile()
        const model = createModel()
        const charges = new Map<string, State>()
        const answers: unknown[] = []
        const expected: unknown[] = []
        let store = sqliteStore({ file })
        let latest = START
        for (const { verb, parts, later, lag, how } of steps) {
          latest += later
          const now = latest - lag
          const asked = parts.map((one) => {
            const limit = limitOf[one.changed ? 'other' : one.scope]
            return { ...one, rule: compileLimit(limit).ruleAt(now) }
          })
          const call = callOf(verb, asked, charges)
          const outcome = runSync(model, call, now)
          remember(charges, call, outcome)
          expected.push(read(call, outcome))
          if (how === 'reopened') {
            await store.close()
            store = sqliteStore({ file })
          }
          if (how === 'sync') answers.push(read(call, runSync(store, call, now)))
          else answers.push(run(store, call, now).then((got) => read(call, got)))
          if (how === 'awaited') await answers.at(-1)
        }
        await store.close()
        expect(await Promise.all(answers)).toEqual(expected)
      },
    ),
    { numRuns: 80 },
  )
})

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

function run(store: SyncStore, { verb, on }: Call, now: Micros): Promise<Outcome | undefined> {
  if (verb === 'decide') return store.decide(on, now)
  return verb === 'adjust' ? store.adjust(on, now) : store.delete(on).then(() => undefined)
}

function runSync(store: SyncStore, { verb, on }: Call, now: Micros): Outcome | undefined {
  if (verb === 'decide') return store.decideSync(on, now)
  if (verb === 'adjust') return store.adjustSync(on, now)
  store.deleteSync(on)
  return undefined
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
      used,
      remaining: algorithm.remaining(rule, cells, 0, now),
      fitsAt: algorithm.fitsAt(rule, cells, 0, now, 1),
      emptyAt: used === 0 ? now : algorithm.emptyAt(rule, cells, 0),
    }
  })
}
