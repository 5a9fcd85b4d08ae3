// What was written is read by an independent parser, which knows nothing of how it came about.
import fc from 'fast-check'
import { type BareItem, parseDictionary, parseItem, parseList } from 'structured-headers'
import { expect, test } from 'vitest'
import { createFieldWriter } from '../../src/fields/create-field-writer.ts'
import type { FieldStyle } from '../../src/fields/field-style.ts'
import type { Policy, Standing } from '../../src/fields/field-writer.ts'
import { retryAfterSeconds } from '../../src/fields/retry-after.ts'

const printable = fc.string({ minLength: 1, maxLength: 40 })
const figure = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 999_999_999_999_999, 1_000_000_000_000_000),
)
const policy = fc.record({
  name: printable,
  quota: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 999_999_999_999_999 })),
  windowMs: fc.oneof(
    fc.constant(null),
    fc.integer({ min: 1, max: 100_000 }),
    fc.maxSafeNat().map((ms) => ms || 1),
  ),
  unit: fc.oneof(fc.constant('requests'), printable),
})
const standing = fc.record({ remaining: figure, resetMs: fc.option(figure) })

interface Told {
  readonly policy: Policy
  readonly standing: Standing | undefined
  readonly partition: Uint8Array | undefined
}
const told: fc.Arbitrary<Told[]> = fc.uniqueArray(
  fc.record({
    policy,
    standing: fc.option(standing, { nil: undefined }),
    partition: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
  }),
  { selector: ({ policy }) => policy.name, minLength: 1, maxLength: 5 },
)

const capped = (value: number) => Math.min(value, 999_999_999_999_999)
const NOW = 1_767_225_600_500

function fieldsOf(
  style: FieldStyle | readonly FieldStyle[],
  all: readonly Told[],
  binding: number,
): Map<string, string> {
  const writer = createFieldWriter(
    style,
    all.map(({ policy }) => policy),
  )
  const fields = writer.write(
    all.map(({ standing }) => standing),
    binding,
    () => NOW,
    all.map(({ partition }) => partition),
  )
  const map = new Map(fields)
  expect(map.size).toBe(fields.length)
  for (const value of map.values()) expect(value).toMatch(/^[ -~]+$/)
  return map
}

function listOf(value: string | undefined): [BareItem, Record<string, unknown>][] {
  if (value === undefined) return []
  return parseList(value).map((member) => {
    const [item, parameters] = member as [BareItem, Map<string, BareItem>]
    const read = [...parameters].map(([key, value]) => [
      key,
      value instanceof ArrayBuffer ? new Uint8Array(value) : value,
    ])
    return [item, Object.fromEntries(read)]
  })
}

test('draft 11 reads back as the same names and integers', () => {
  fc.assert(
    fc.property(told, (all) => {
      const fields = fieldsOf('draft-11', all, 0)
      const policies = all.map(({ policy: { name, quota, windowMs, unit } }) => [
        name,
        {
          q: quota,
          ...(unit !== 'requests' && { qu: unit }),
          ...(windowMs !== null && windowMs >= 1_000 && { w: Math.ceil(windowMs / 1_000) }),
        },
      ])
      expect(listOf(fields.get('ratelimit-policy'))).toEqual(policies)
      const standings = all.flatMap(({ policy: { name }, standing, partition }) => {
        if (standing === undefined) return []
        const r = capped(standing.remaining)
        const t = standing.resetMs === null ? {} : { t: Math.ceil(standing.resetMs / 1_000) }
        return [[name, { r, ...t, ...(partition && { pk: Uint8Array.from(partition) }) }]]
      })
      expect(listOf(fields.get('ratelimit'))).toEqual(standings)
    }),
    { numRuns: 1_000 },
  )
})

/** The policy, and what is told of it, where a style tells one and demands a reset. */
function boundOf(all: readonly Told[], binding: number) {
  const { policy, standing } = all[binding] as Told
  if (standing === undefined || standing.resetMs === null) return undefined
  return {
    limit: policy.quota,
    remaining: capped(standing.remaining),
    reset: Math.ceil(standing.resetMs / 1_000),
  }
}

test('drafts 7 and 6 read back as the figures of the limit that binds', () => {
  fc.assert(
    fc.property(told, fc.nat(), (all, seed) => {
      const binding = seed % all.length
      const bound = boundOf(all, binding)
      const seven = fieldsOf('draft-7', all, binding)
      const six = fieldsOf('draft-6', all, binding)
      const dictionary = seven.get('ratelimit')
      const read =
        dictionary && Object.fromEntries([...parseDictionary(dictionary)].map(([key, [item]]) => [key, item]))
      expect(read).toEqual(bound)
      const integer = (name: string) => parseItem(six.get(name) ?? '')[0]
      if (bound === undefined)
        expect([...six.keys()].filter((name) => name !== 'ratelimit-policy')).toEqual([])
      else {
        expect(integer('ratelimit-limit')).toBe(bound.limit)
        expect(integer('ratelimit-remaining')).toBe(bound.remaining)
        expect(integer('ratelimit-reset')).toBe(bound.reset)
      }
      expect(six.get('ratelimit-policy')).toBe(seven.get('ratelimit-policy'))
      const policies = listOf(seven.get('ratelimit-policy'))
      expect(new Set(policies.map(([quota]) => quota)).size).toBe(policies.length)
      for (const { policy } of all) {
        if (policy.windowMs === null || policy.windowMs < 1_000) continue
        const [, parameters] = policies.find(([quota]) => quota === policy.quota) ?? [0, { w: 0 }]
        expect(parameters['w']).toBeGreaterThanOrEqual(policy.windowMs / 1_000)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('legacy fields read back as the figures of the limit that binds', () => {
  fc.assert(
    fc.property(told, fc.nat(), fc.boolean(), (all, seed, epoch) => {
      const binding = seed % all.length
      const { policy, standing } = all[binding] as Told
      const fields = fieldsOf(['draft-11', epoch ? 'legacy-epoch' : 'legacy-delta'], all, binding)
      const integer = (name: string) => {
        const value = fields.get(`x-ratelimit-${name.toLowerCase()}`)
        return value === undefined ? undefined : parseItem(value)[0]
      }
      const resetMs = standing?.resetMs ?? undefined
      expect([integer('Limit'), integer('Remaining'), integer('Reset')]).toEqual([
        standing && policy.quota,
        standing && capped(standing.remaining),
        resetMs === undefined ? undefined : Math.ceil(((epoch ? NOW : 0) + resetMs) / 1_000),
      ])
    }),
    { numRuns: 500 },
  )
})

test('Retry-After is whole, at least 1, and never earlier than a reset of the same denial', () => {
  const denials = fc.array(
    figure.map((ms) => ms || 1),
    { minLength: 1, maxLength: 5 },
  )
  fc.assert(
    fc.property(denials, (waits) => {
      const policies = waits.map((_, i): Policy => ({ name: `p${i}`, quota: 5, windowMs: 60_000 }))
      const longest = waits.indexOf(Math.max(...waits))
      const after = retryAfterSeconds(waits[longest] as number)
      expect(Number.isSafeInteger(after) && after >= 1).toBe(true)
      expect(after * 1_000).toBeGreaterThanOrEqual(Math.min(waits[longest] as number, 1e18))
      const all = policies.map((policy, i) => ({
        policy,
        standing: { remaining: 0, resetMs: waits[i] as number },
        partition: undefined,
      }))
      const resets = listOf(fieldsOf('draft-11', all, longest).get('ratelimit')).map(
        ([, { t }]) => t as number,
      )
      expect(Math.max(...resets)).toBe(after)
      expect(
        parseDictionary(fieldsOf('draft-7', all, longest).get('ratelimit') ?? '').get('reset')?.[0],
      ).toBe(after)
    }),
  )
})
