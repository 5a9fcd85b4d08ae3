import { expect, test } from 'vitest'
import { type DynamodbStoreOptions, dynamodbStore } from '../src/index.ts'
import { connect } from './support.ts'

const client = connect('http://127.0.0.1:1')

test.each([
  ['client', {}],
  ['client', { client: {} }],
  ['table', { client, table: 'ab' }],
  ['table', { client, table: 'no table' }],
  ['timeout', { client, timeout: 0 }],
  ['timeout', { client, timeout: 2 ** 31 }],
  ['maxInFlight', { client, maxInFlight: 0.5 }],
  ['maxWaiting', { client, maxWaiting: Number.NaN }],
  ['onRequest', { client, onRequest: 'log' }],
])('refuses a wrong `%s`', (option, options) => {
  expect(() => dynamodbStore(options as unknown as DynamodbStoreOptions)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', option }),
  )
})

test('makes nothing, asks nothing', async () => {
  const store = dynamodbStore({ client, table: 'arn:aws:dynamodb:eu-west-1:123456789012:table/limits' })
  expect(store.name).toBe('dynamodb')
  expect((await store.decide([], 5)).now).toBe(5)
  await store.close()
})
