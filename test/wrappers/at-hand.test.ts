import {
  type Check,
  compileLimit,
  createLimiter,
  denialCache,
  fixedWindow,
  leased,
  manualClock,
  type Store,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { expect, test } from 'vitest'
import { fakeStore } from './fake-store.ts'

const limit = fixedWindow({ limit: 5, window: '1m' })
const rule = compileLimit(limit).ruleAt(0)
const asking = (cost: number): readonly Check[] => [{ scope: 's', id: 'u', rule, cost }]

/** A wrapper over a store that counts how often it is asked. */
function setUp(wrap: (store: Store) => Store) {
  const clock = manualClock()
  const inner = fakeStore(memoryStore({ clock }))
  return { clock, inner, store: wrap(inner) }
}

test('a denial is at hand once it is known, and as it would be decided', async () => {
  const { clock, inner, store } = setUp((inner) => denialCache(inner))
  expect(store.decideAtHand?.(asking(6))).toBeUndefined()
  expect(inner.calls).toBe(0)
  await store.decide(asking(5))
  const denied = await store.decide(asking(1))
  expect(store.decideAtHand?.(asking(1))).toEqual(denied)
  expect(inner.calls).toBe(2)
  clock.advance('1m')
  expect(store.decideAtHand?.(asking(1))).toBeUndefined()
})

test('what was taken in advance is at hand until it is handed out', async () => {
  const { inner, store } = setUp((inner) => leased(inner, { chunk: 3 }))
  expect(store.decideAtHand?.(asking(1))).toBeUndefined()
  await store.decide(asking(1))
  expect(store.decideAtHand?.(asking(3))).toBeUndefined()
  expect(store.decideAtHand?.(asking(2))).toMatchObject({ results: [{ allowed: true }] })
  expect(store.decideAtHand?.(asking(1))).toBeUndefined()
  expect(inner.calls).toBe(1)
  await store.close()
  expect(store.decideAtHand?.(asking(1))).toBeUndefined()
  await expect(store.decide(asking(1))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

test('a limiter looks there first, and asks where there is nothing', async () => {
  const { inner, store } = setUp((inner) => leased(inner, { chunk: 3 }))
  const limiter = createLimiter({ store, limits: { rate: limit } })
  const remaining: number[] = []
  for (let i = 0; i < 5; i++) remaining.push((await limiter.consume('u')).remaining)
  expect(remaining).toEqual([4, 3, 2, 1, 0])
  expect((await limiter.consume('u')).allowed).toBe(false)
  // A chunk; a chunk that doesn't fit, and the fourth exactly; then exactly.
  expect(inner.calls).toBe(5)
})
