import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHashTable } from '../src/hash-table.ts'
import { hashOf } from '../src/id-hash.ts'
import { createIdIndex } from '../src/id-index.ts'

test('a table finds what was added and not removed, in whatever order that was', () => {
  // Few ids in a small table: their entries lie side by side, so that what moves up into a gap matters.
  const ids = Array.from({ length: 60 }, (_, n) => `id ${n}`)
  fc.assert(
    fc.property(fc.array(fc.nat(59), { maxLength: 500 }), (turns) => {
      const table = createHashTable(ids)
      const places = new Set<number>()
      for (const place of turns) {
        if (places.delete(place)) table.remove(place)
        else table.add([...places.add(place)].at(-1) as number)
      }
      expect(ids.map((id) => table.find(id))).toEqual(ids.map((_, n) => (places.has(n) ? n : -1)))
    }),
    { numRuns: 500 },
  )
})

test('an index finds few ids and many, and gives a place that was given up again', () => {
  const index = createIdIndex()
  const ids = Array.from({ length: 20_000 }, (_, n) => `user:${n}`)
  for (const [n, id] of ids.entries()) {
    expect(index.find(id)).toBe(-1)
    expect(index.add(id)).toBe(n)
  }
  expect(ids.findIndex((id, n) => index.find(id) !== n)).toBe(-1)
  for (const [n, id] of ids.entries()) if (n % 3 === 0) index.remove(index.find(id))
  expect(ids.findIndex((id, n) => index.find(id) !== (n % 3 === 0 ? -1 : n))).toBe(-1)
  expect([index.size, index.places]).toEqual([13_333, 20_000])
  const again = index.add('late')
  expect([index.find('late'), again % 3, index.places]).toEqual([again, 0, 20_000])
})

test('few ids that come and go need no more places', () => {
  const index = createIdIndex()
  for (let n = 0; n < 100; n++) index.remove(index.add(`user:${n}`))
  expect([index.size, index.places, index.find('user:99')]).toEqual([0, 1, -1])
})

test('ids that are alike have hashes that are not', () => {
  const alike = (n: number) => [`${n}`, `${'x'.repeat(100)}${n}`, `${n}\u0100`, `\u0100${n}`, `${n}\u0000`]
  const hashes = Array.from({ length: 20_000 }, (_, n) => alike(n).map(hashOf)).flat()
  // Of 100,000 random numbers of 32 bits one or two meet.
  expect(new Set(hashes).size).toBeGreaterThan(hashes.length - 30)
  // The lowest bits are those that choose an entry: of 2^16 none should be chosen often.
  const chosen = new Uint32Array(2 ** 16)
  for (const hash of hashes) chosen[hash & 0xffff] = (chosen[hash & 0xffff] ?? 0) + 1
  expect(Math.max(...chosen)).toBeLessThan(20)
})
