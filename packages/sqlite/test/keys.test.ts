import type { Key } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { ask, START } from './support.ts'

const hostile = [
  '\0',
  'a\0',
  'a\0b',
  '\ud800',
  '\udc00\ud800',
  '\u{1f600}',
  "'; DROP TABLE headgate_states; --",
  '%',
  '_',
  '}',
  '1:a',
  '#',
  'é',
  'e\u0301',
  'A',
  'a',
  'a ',
  'x'.repeat(1_000_000),
  `${'x'.repeat(1_000_000)}y`,
]

/** Takes all of a key's limit: whether it was there to be taken. */
function takeAll(store: ReturnType<typeof sqliteStore>, key: Key): boolean {
  return store.decideSync([{ ...ask('', 3), ...key }], START).results[0]?.allowed === true
}

test('hostile ids neither fail nor collide', async () => {
  const store = sqliteStore({ file: ':memory:' })
  for (const id of hostile) expect(takeAll(store, { scope: 's', id })).toBe(true)
  for (const id of hostile) expect(takeAll(store, { scope: 's', id })).toBe(false)
  await store.delete([{ scope: 's', id: 'a\0' }])
  expect(takeAll(store, { scope: 's', id: 'a' })).toBe(false)
  expect(takeAll(store, { scope: 's', id: 'a\0' })).toBe(true)
})

test('no two keys are one', { timeout: 30_000 }, () => {
  const store = sqliteStore({ file: ':memory:' })
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('1', ':', '#', 'a', '\0', '\ud800'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    ),
  })
  const key = fc.record({ scope: text, id: text })
  fc.assert(
    fc.property(fc.uniqueArray(key, { selector: ({ scope, id }) => JSON.stringify([scope, id]) }), (keys) => {
      for (const one of keys) expect(takeAll(store, one)).toBe(true)
      for (const one of keys) expect(takeAll(store, one)).toBe(false)
      store.deleteSync(keys)
    }),
  )
})
