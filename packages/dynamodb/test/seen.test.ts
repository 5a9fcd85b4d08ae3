import { expect, test } from 'vitest'
import type { Item } from '../src/item.ts'
import { createSeen } from '../src/seen.ts'

const item = (log: string): Item => ({ units: { S: 'sliding-log:1' }, log: { S: log }, stamp: { S: '' } })

test('remembers the keys that were asked for last', () => {
  const seen = createSeen()
  for (let i = 0; i < 25_000; i++) seen.set(`${i}`, item('1 1'))
  expect(seen.get('24999')).toEqual(item('1 1'))
  expect(seen.get('15000')).toEqual(item('1 1'))
  expect(seen.get('14999')).toBeUndefined()
})

test('long logs take the place of many', () => {
  const seen = createSeen()
  const long = item('x'.repeat(1_000_000))
  seen.set('short', item('1 1'))
  for (let i = 0; i < 9; i++) seen.set(`${i}`, long)
  expect(seen.get('short')).toBeDefined()
  for (let i = 9; i < 100; i++) seen.set(`${i}`, long)
  expect(seen.get('short')).toBeUndefined()
  expect([...Array(100).keys()].filter((i) => seen.get(`${i}`) !== undefined)).toHaveLength(9)
})

test('forgets what is gone, and counts what is set anew once', () => {
  const seen = createSeen()
  for (let i = 0; i < 1_000; i++) seen.set('same', item('x'.repeat(1_000_000)))
  seen.set('other', item('1 1'))
  expect(seen.get('same')).toBeDefined()
  seen.set('same', undefined)
  expect(seen.get('same')).toBeUndefined()
  expect(seen.get('other')).toBeDefined()
})
