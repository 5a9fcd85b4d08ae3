import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHeap } from '../src/heap.ts'

test('is a sorted list, whatever is taken out', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ add: fc.integer({ min: 0, max: 50 }) }) },
    { weight: 2, arbitrary: fc.record({ remove: fc.nat(100) }) },
    fc.constant('first' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 100, maxLength: 300 }), (steps) => {
      interface Item {
        readonly value: number
        readonly number: number
        readonly places: number[]
      }
      const isBefore = (a: Item, b: Item): boolean =>
        a.value < b.value || (a.value === b.value && a.number < b.number)
      const heap = createHeap<Item>(1, isBefore)
      let model: Item[] = []
      const gone: Item[] = []
      const takeOut = (item: Item | undefined): void => {
        if (item === undefined) return
        heap.remove(item)
        model = model.filter((other) => other !== item)
        gone.push(item)
      }
      steps.forEach((what, number) => {
        if (what === 'first') takeOut(heap.first())
        else if ('remove' in what) takeOut(model[what.remove])
        else {
          const item = { value: what.add, number, places: [-1, -1] }
          heap.add(item)
          model.push(item)
          model.sort((a, b) => (isBefore(a, b) ? -1 : 1))
        }
        for (const item of gone) heap.remove(item)
        expect(heap.first()).toBe(model[0])
        expect(heap.size).toBe(model.length)
      })
      expect(gone.every((item) => !heap.has(item))).toBe(true)
      expect(model.every(heap.has)).toBe(true)
    }),
  )
})
