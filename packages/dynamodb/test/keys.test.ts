import type { Key } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DynamodbStore, dynamodbStore } from '../src/index.ts'
import { ask, connectForTest, freshId, START } from './support.ts'

const hostile = [
  '\0',
  'a\0',
  'a\0b',
  'a\nb',
  '\ud800',
  '\udc00\ud800',
  '\u{1f600}',
  '#units',
  ':v0',
  '%',
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
async function takeAll(store: DynamodbStore, key: Key): Promise<boolean> {
  return (await store.decide([{ ...ask('', 3), ...key }], START)).results[0]?.allowed === true
}

test('hostile ids neither fail nor collide', async () => {
  const store = dynamodbStore({ client: await connectForTest() })
  const scope = freshId()
  for (const id of hostile) expect(await takeAll(store, { scope, id })).toBe(true)
  for (const id of hostile) expect(await takeAll(store, { scope, id })).toBe(false)
  await store.delete([{ scope, id: 'a\0' }])
  expect(await takeAll(store, { scope, id: 'a' })).toBe(false)
  expect(await takeAll(store, { scope, id: 'a\0' })).toBe(true)
})

test('hostile ids can be asked about together', async () => {
  const store = dynamodbStore({ client: await connectForTest() })
  const scope = freshId()
  const checks = hostile.map((id) => ({ ...ask('', 2), scope, id }))
  for (const allowed of [true, false]) {
    const { results } = await store.decide(checks, START)
    expect(results.map((result) => result.allowed)).toEqual(hostile.map(() => allowed))
  }
})

test('no two keys are one', { timeout: 30_000 }, async () => {
  const store = dynamodbStore({ client: await connectForTest() })
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('1', ':', '#', 'a', '\0', '\ud800'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    ),
  })
  const key = fc.record({ scope: text, id: text })
  const keys = fc.uniqueArray(key, { selector: ({ scope, id }) => JSON.stringify([scope, id]) })
  await fc.assert(
    fc.asyncProperty(keys, async (all) => {
      const own = all.map(({ scope, id }) => ({ scope: `${freshId()}${scope}`, id }))
      const takeEach = () => Promise.all(own.map((one) => takeAll(store, one)))
      expect(await takeEach()).toEqual(own.map(() => true))
      expect(await takeEach()).toEqual(own.map(() => false))
    }),
    { numRuns: 50 },
  )
})

test('what DynamoDB would refuse is refused before it is sent', async () => {
  const store = dynamodbStore({ client: await connectForTest() })
  for (const cost of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    await expect(store.decide([ask('a', cost)], START)).rejects.toMatchObject({ code: 'INVALID_COST' })
  }
  const { rule } = ask('a')
  await expect(store.adjust([{ scope: 'a', id: 'a', rule, units: 0.5 }], START)).rejects.toMatchObject({
    code: 'INVALID_COST',
  })
  await expect(store.decide([ask('a')], -1)).rejects.toMatchObject({ code: 'INVALID_TIME' })
  const many = Array.from({ length: 101 }, (_, i) => ask(`${i}`))
  await expect(store.decide(many, START)).rejects.toMatchObject({ code: 'INVALID_KEY' })
  const scope = freshId()
  const most = many.slice(1).map((check) => ({ ...check, scope }))
  expect((await store.decide(most, START)).results).toHaveLength(100)
})
