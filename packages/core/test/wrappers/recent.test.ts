import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecent } from '../../src/wrappers/recent.ts'

test('it holds no more than its capacity, and what was used last', () => {
  const keys = Array.from({ length: 30 }, (_, i) => `${i}`)
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.array(
        fc.record({
          do: fc.constantFrom('set', 'set', 'get', 'delete'),
          key: fc.constantFrom(...keys),
          weight: fc.integer({ min: 1, max: 3 }),
        }),
        { minLength: 50, maxLength: 200, size: 'max' },
      ),
      (capacity, steps) => {
        const recent = createRecent<{ weight: number }>(capacity)
        const values = new Map<string, { weight: number }>()
        for (const { do: verb, key, weight } of steps) {
          if (verb === 'set') {
            values.set(key, { weight })
            recent.set(key, { weight }, weight)
            if (weight * 2 <= capacity) expect(recent.get(key)).toEqual({ weight })
          } else if (verb === 'delete') {
            values.delete(key)
            recent.delete(key)
          } else {
            // Forgotten, or the last that was set: never an older one.
            const found = recent.get(key)
            if (found !== undefined) expect(found).toEqual(values.get(key))
          }
        }
        const held = keys.map((key) => recent.get(key)?.weight ?? 0).reduce((sum, weight) => sum + weight, 0)
        expect(held).toBeLessThanOrEqual(capacity)
        recent.clear()
        expect(keys.filter((key) => recent.get(key) !== undefined)).toEqual([])
      },
    ),
  )
})
