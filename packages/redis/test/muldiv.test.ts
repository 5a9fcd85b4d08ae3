import fc from 'fast-check'
import { expect, test } from 'vitest'
import { muldiv, state } from '../src/scripts/sources.ts'
import { connect } from './support.ts'

const MAX = Number.MAX_SAFE_INTEGER
const CAP = 2 ** 52

/** Near the ends and anywhere between, on all scales. */
function upTo(max: number, min: number) {
  return fc.oneof(
    fc.integer({ min: max - 1_000, max }),
    fc.integer({ min, max: min + 100 }),
    fc.integer({ min, max }),
    fc.integer({ min: 1, max: 52 }).map((bits) => Math.min(max, Math.max(min, 2 ** bits))),
    fc.integer({ min: 1, max: 52 }).map((bits) => Math.min(max, Math.max(min, 2 ** bits - 1))),
  )
}

const LUA = `${state}${muldiv}
local numbers, results = cjson.decode(ARGV[1]), {}
for i = 1, #numbers, 3 do
  results[#results + 1] = string.format('%.0f', muldiv(numbers[i], numbers[i + 1], numbers[i + 2]))
end
return results`

test('what is carried from meter to meter is exact, up to 2^53', async () => {
  const client = await connect()
  const triples = fc.array(fc.tuple(upTo(MAX, 0), upTo(CAP, 1), upTo(CAP, 1)), {
    minLength: 100,
    maxLength: 100,
  })
  await fc.assert(
    fc.asyncProperty(triples, async (numbers) => {
      const found = await client.eval(LUA, 0, JSON.stringify(numbers.flat()))
      const expected = numbers.map(([a, b, c]) => {
        const exact = (BigInt(a) * BigInt(b) + BigInt(c) - 1n) / BigInt(c)
        return `${exact < BigInt(MAX) ? exact : MAX}`
      })
      expect(found).toEqual(expected)
    }),
  )
})
