import { readFileSync } from 'node:fs'
import { HeadgateError } from '@headgate/core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConfig } from '../src/index.ts'

const schema = JSON.parse(readFileSync(new URL('../schema.json', import.meta.url), 'utf8'))
const isValid = new Ajv2020({ allowUnionTypes: true }).compile(schema)

/** Mostly right: what is drawn last is wrong in some way. */
function mostly<T>(right: fc.Arbitrary<T>, ...wrong: unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 60, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...wrong) })
}

const count = mostly(fc.integer({ min: 1, max: 1_000 }), 0, -1, 1.5, '5', [], true, 2 ** 53)
const orNull = (arbitrary: fc.Arbitrary<unknown>) => mostly(fc.oneof(arbitrary, fc.constant(null)), 'null')
const duration = mostly(fc.constantFrom<unknown>('1s', '15m', '2h', '1d', 500), '1 s', '1y', 0, null, '')
const limit = mostly(
  fc.oneof(
    fc.record({ algorithm: fc.constant('token-bucket'), capacity: count, refill: count, per: duration }),
    fc.record({
      algorithm: fc.constant('leaky-bucket'),
      rate: count,
      per: duration,
      queue: mostly(fc.nat(50), -1),
    }),
    fc.record({
      algorithm: fc.constantFrom('fixed-window', 'sliding-window'),
      limit: count,
      window: duration,
    }),
    fc.record({
      algorithm: fc.constant('sliding-log'),
      limit: mostly(fc.integer({ min: 1, max: 99 }), 10_001),
      window: duration,
    }),
    fc.record({
      algorithm: fc.constant('concurrency'),
      limit: mostly(fc.integer({ min: 1, max: 99 }), 10_001),
      lease: duration,
    }),
    fc.record(
      {
        algorithm: fc.constant('quota'),
        limit: count,
        per: mostly(fc.constantFrom('hour', 'day', 'week', 'month'), 'year'),
        anchorDay: mostly(fc.integer({ min: 1, max: 31 }), 0, 32),
        timeZone: fc.constant('UTC'),
      },
      { requiredKeys: ['algorithm', 'limit', 'per'] },
    ),
  ),
  { algorithm: 'magic' },
  {},
  { limit: 5 },
)
const changes = {
  rate: orNull(fc.record({ limit: count, per: duration })),
  burst: orNull(count),
  daily: orNull(count),
  monthly: orNull(count),
  timeZone: mostly(fc.constantFrom('UTC', 'Asia/Tokyo', null), 5),
  anchorDay: orNull(mostly(fc.integer({ min: 1, max: 31 }), 0, 32, 1.5)),
  priority: orNull(mostly(fc.integer({ min: -1_000, max: 1_000 }), 1_001)),
  limits: mostly(
    fc.dictionary(mostly(fc.constantFrom('a', 'b.c'), 'rate', 'x y') as fc.Arbitrary<string>, orNull(limit)),
    [],
    5,
  ),
}
const some: { requiredKeys: 'daily'[] } = { requiredKeys: ['daily'] }
/** With a field that there isn't, at times. */
function strange(record: fc.Arbitrary<object>): fc.Arbitrary<unknown> {
  return fc
    .tuple(record, mostly(fc.constant({}), { dayly: 1 }))
    .map(([right, more]) => ({ ...right, ...(more as object) }))
}
const name = mostly(fc.constantFrom('free', 'premium'), 'gold', 'a b', 5)
const plan = strange(fc.record({ ...changes, extends: mostly(fc.constant('premium'), 'gold', null) }, some))
const until = mostly(fc.constantFrom('2027-01-01T00:00:00Z', '2027-01-01T00:00+02:00', null), '2027-01-01', 5)
const assignment = strange(
  fc.record({ ...changes, plan: name, until }, { requiredKeys: ['plan', 'rate', 'monthly'] }),
)
const document = strange(
  fc.record(
    {
      default: name,
      plans: mostly(
        fc.record(
          { free: plan, premium: strange(fc.record(changes, some)), 'x.y-z': plan },
          { requiredKeys: ['free', 'premium'] },
        ),
        {},
        [],
        null,
        { 'a b': { daily: 5 } },
      ),
      subjects: mostly(
        fc.dictionary(
          mostly(fc.constantFrom('acme', '__proto__'), '') as fc.Arbitrary<string>,
          fc.oneof(name, assignment),
          {
            maxKeys: 2,
          },
        ),
        [],
      ),
      $schema: fc.constant('./schema.json'),
    },
    { requiredKeys: ['default', 'plans'] },
  ),
)

/** What no schema can tell: what one field means for another. */
const BEYOND = /there is no such plan|left out where|at least one limit|doesn't begin as this one/

test('the schema refuses nothing that can be read, and what else it lets pass is wrong in what no schema can tell', () => {
  const seen = { both: 0, neither: 0, beyond: 0 }
  fc.assert(
    fc.property(document, (data) => {
      let error: unknown
      try {
        parseConfig(data)
      } catch (refusal) {
        error = refusal
      }
      const passes = isValid(data)
      if (error === undefined) {
        expect(passes, JSON.stringify(isValid.errors)).toBe(true)
        seen.both++
      } else {
        expect(error).toBeInstanceOf(HeadgateError)
        const { code, message } = error as HeadgateError
        if (passes && code !== 'NOT_EXACT') expect(message).toMatch(BEYOND)
        seen[passes ? 'beyond' : 'neither']++
      }
    }),
    { numRuns: 5_000 },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50)
})
