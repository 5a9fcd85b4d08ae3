import type { Key } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromIoredis, redisStore } from '../src/index.ts'
import { createPlaces } from '../src/keys.ts'
import { ask, connect, PATIENT } from './support.ts'

const HUGE = 'x'.repeat(1_000_000)
const hostile = [
  ...[
    '}',
    '{}',
    '{',
    '{a}',
    'a}b',
    '}{',
    '}}',
    '{{a}}',
    '',
    '#',
    '##',
    '*',
    '?',
    '[a]',
    '\\',
    ' ',
    'a ',
    ' a',
  ],
  ...[
    '\0',
    'a\0',
    'a\0b',
    '\n',
    '\r\n',
    '\u007f',
    '\ud800',
    '\udc00\ud800',
    '\ud800a',
    '\ufffd',
    '\u{1f600}',
  ],
  ...[HUGE, `${HUGE}y`, 'x'.repeat(128), 'x'.repeat(129), 'a', 'A', 'é', 'e\u0301', 'x}s', 'a}default/rate'],
]

const piece = fc.oneof(
  fc.constantFrom('{', '}', '{}', '#', 'a', 's', '/', '\0', '\ud800', '\udc00', '\ufffd', 'x'.repeat(128)),
  fc.string({ unit: 'binary', maxLength: 2 }),
)
const part = fc.oneof(
  fc.constantFrom(...hostile),
  fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join('')),
)
const keys = fc.uniqueArray(fc.record({ scope: part, id: part }), {
  minLength: 2,
  selector: ({ scope, id }) => JSON.stringify([scope, id]),
})

/** What a Cluster hashes of a key: what stands in the first braces, unless that is nothing. */
function hashed(key: string): string {
  const start = key.indexOf('{')
  const end = key.indexOf('}', start + 1)
  return start < 0 || end <= start + 1 ? key : key.slice(start + 1, end)
}

test.each([undefined, 'x'])(
  'no two keys are one on the wire, and none leaves its slot (hash tag %s)',
  (hashTag) => {
    const placeOf = createPlaces('hg', hashTag)
    fc.assert(
      fc.property(keys, (some) => {
        const places = some.map(placeOf)
        expect(new Set(places.map(({ key }) => Buffer.from(key).toString('latin1'))).size).toBe(some.length)
        for (const { key, tag } of places) expect(hashed(key)).toBe(tag)
        for (const { key } of places) expect(Buffer.byteLength(key)).toBeLessThan(1_000)
        if (hashTag !== undefined) for (const { tag } of places) expect(tag).toBe(hashTag)
      }),
      { numRuns: 500 },
    )
  },
)

test('all states of a subject share a hash tag, and no other subject has it', () => {
  const placeOf = createPlaces('hg', undefined)
  fc.assert(
    fc.property(fc.uniqueArray(part, { minLength: 2, maxLength: 2 }), part, part, (ids, one, other) => {
      const [a = '', b = ''] = ids
      expect(placeOf({ scope: one, id: a }).tag).toBe(placeOf({ scope: other, id: a }).tag)
      expect(placeOf({ scope: one, id: a }).tag).not.toBe(placeOf({ scope: one, id: b }).tag)
    }),
  )
})

test('plain keys stay readable', () => {
  expect(createPlaces('hg', undefined)({ scope: 'default/rate', id: 'user-1' }).key).toBe(
    'hg{user-1}default/rate',
  )
  expect(createPlaces('hg', 'x')({ scope: 'default/rate', id: 'user-1' }).key).toBe(
    'hg{x}user-1}default/rate',
  )
})

test('hostile ids neither fail nor collide', async () => {
  const store = redisStore(fromIoredis(await connect()), { ...PATIENT, prefix: `hostile-${Math.random()}` })
  const takeAll = async (on: Key) => {
    const { results } = await store.decide([{ ...ask('', 3, 3), ...on }])
    return results[0]?.allowed
  }
  for (const id of hostile) expect(await takeAll({ scope: 's', id })).toBe(true)
  for (const id of hostile) expect(await takeAll({ scope: 's', id })).toBe(false)
  await store.delete([{ scope: 's', id: 'a\0' }])
  expect(await takeAll({ scope: 's', id: 'a' })).toBe(false)
  expect(await takeAll({ scope: 's', id: 'a\0' })).toBe(true)
  await store.close()
})
