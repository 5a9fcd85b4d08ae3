import { expect, test } from 'vitest'
import { dynamodbStore } from '../src/index.ts'
import { ask, connectForTest, freshId, START } from './support.ts'

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
