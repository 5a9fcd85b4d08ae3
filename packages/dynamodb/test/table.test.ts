import { readFileSync } from 'node:fs'
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  encodeKey,
  fixedWindow,
  type Limit,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { afterEach, expect, test, vi } from 'vitest'
import { deletableAt } from '../src/expiry.ts'
import { createTable, dynamodbStore, tableDefinition } from '../src/index.ts'
import { ask, connectForTest, freshId, START, TABLE, trace } from './support.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('the table is made once, with its time to live', async () => {
  const client = await connectForTest()
  const requests = trace(client)
  const table = `made-${freshId()}`
  await createTable(client, { table })
  await createTable(client, { table })
  expect(requests.filter((name) => name === 'UpdateTimeToLive')).toHaveLength(1)
  await Promise.all([1, 2, 3].map(() => createTable(client, { table: `${table}-at-once` })))

  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }))
  expect(Table).toMatchObject({
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  })
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }))
  expect(TimeToLiveDescription).toMatchObject({ AttributeName: 'expires_at', TimeToLiveStatus: 'ENABLED' })
  expect((await dynamodbStore({ client, table }).decide([ask('a')], START)).results[0]?.allowed).toBe(true)
})

test('a table that can’t be made says why', async () => {
  const client = await connectForTest()
  for (const options of [{ table: 'x' }, { timeout: Number.NaN }]) {
    await expect(createTable(client, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  }
  client.middlewareStack.add(
    () => async () => {
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' })
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await expect(createTable(client)).rejects.toMatchObject({ code: 'STORE_FAILED', cause: { message: 'no' } })
})

const page = readFileSync(new URL('../../../docs/dynamodb.md', import.meta.url), 'utf8')

/** The code of the page's block in a language. */
function blockOf(language: string): string {
  const [, block = ''] = new RegExp(`\`\`\`${language}[^\n]*\n(.*?)\`\`\``, 's').exec(page) ?? []
  return block
}

test('the CloudFormation template makes what createTable makes', () => {
  const { Resources } = JSON.parse(blockOf('json'))
  const { Type, Properties } = Resources.Limits
  const { table, timeToLive } = tableDefinition('headgate')
  expect(Type).toBe('AWS::DynamoDB::Table')
  const { TimeToLiveSpecification } = timeToLive
  expect(Properties).toEqual({ ...table, TimeToLiveSpecification })
})

test('the Terraform resource makes what createTable makes', () => {
  const terraform = blockOf('hcl')
  const attributes = Object.fromEntries(
    [...terraform.matchAll(/^( *)(\w+) += +(?:"([^"]*)"|(\w+))$/gm)].map(([, indent, name, text, word]) => [
      `${indent?.length}:${name}`,
      text ?? word,
    ]),
  )
  const { table, timeToLive } = tableDefinition('headgate')
  const key = table.AttributeDefinitions?.[0]
  expect(terraform).toContain('resource "aws_dynamodb_table"')
  expect(terraform.match(/^ {2}(\w+) \{$/gm)).toEqual(['  attribute {', '  ttl {'])
  expect(terraform).toMatch(/attribute \{\s+name = "pk"\s+type = "S"\s+\}/)
  expect(key).toEqual({ AttributeName: 'pk', AttributeType: 'S' })
  expect(attributes).toMatchObject({
    '2:name': table.TableName,
    '2:billing_mode': table.BillingMode,
    '2:hash_key': table.KeySchema?.[0]?.AttributeName,
    '4:attribute_name': timeToLive.TimeToLiveSpecification?.AttributeName,
    '4:enabled': 'true',
  })
})

const HOUR = 3_600_000_000

/** What stands at a key. */
async function itemOf(client: DynamoDBClient, id: string) {
  const Key = { pk: { S: encodeKey({ scope: 'test', id }) } }
  return (await client.send(new GetItemCommand({ TableName: TABLE, Key, ConsistentRead: true }))).Item
}

// START is at the start of an hour, and a lagging clock is trusted for a minute.
const minute = 60
test.each<readonly [string, Limit, least: number, most: number]>([
  ['token bucket', tokenBucket({ capacity: 10, refill: 10, per: '1h' }), 360, 3_600],
  ['fixed window', fixedWindow({ limit: 10, window: '10m' }), 600, 600],
  ['quota', quota({ limit: 10, per: 'hour' }), 3_600, 3_600],
  ['sliding window', slidingWindow({ limit: 10, window: '10m' }), 1_200, 1_200],
  ['sliding log', slidingLog({ limit: 10, window: '10m' }), 600, 600],
])('an item says in seconds when it may go, by real time: %s', async (_, limit, least, most) => {
  const client = await connectForTest()
  const store = dynamodbStore({ client })
  for (const now of [START, START - 20 * 365 * 24 * HOUR]) {
    const id = freshId()
    for (let i = 0; i < 2; i++) {
      const check = { ...ask(id, 1, limit), rule: ask(id, 1, limit).rule }
      await store.decide([limit.algorithm === 'quota' ? atHour(check, now) : check], now)
      const expires = Number((await itemOf(client, id))?.['expires_at']?.N)
      const seconds = expires - Date.now() / 1_000
      expect(expires).toBe(Math.trunc(expires))
      expect(seconds).toBeGreaterThan(least + minute - 5)
      expect(seconds).toBeLessThanOrEqual(most + minute + 1)
    }
  }
})

function atHour(check: ReturnType<typeof ask>, now: number): ReturnType<typeof ask> {
  return {
    ...check,
    rule: { ...check.rule, start: now, end: now + HOUR, nextEnd: now + 2 * HOUR } as typeof check.rule,
  }
}

test('the second in which an item may go is rounded up', () => {
  vi.useFakeTimers({ now: 1_000_000_000_000, toFake: ['Date'] })
  const after = (micros: number) => deletableAt(START + micros, START) - 1_000_000_000
  expect([0, 60_000_000, 60_000_001, 61_000_000].map(after)).toEqual([60, 60, 61, 61])
})

test('a debt keeps its item for as long as it takes to drain', async () => {
  const client = await connectForTest()
  const store = dynamodbStore({ client })
  const id = freshId()
  const { rule } = ask(id, 1, tokenBucket({ capacity: 10, refill: 10, per: '1h' }))
  await store.adjust([{ scope: 'test', id, rule, units: 100 }], START)
  const seconds = Number((await itemOf(client, id))?.['expires_at']?.N) - Date.now() / 1_000
  expect(seconds).toBeGreaterThan(10 * 3_600 + minute - 5)
  expect(seconds).toBeLessThan(10 * 3_600 + minute + 5)
})

test('an item reads plainly', async () => {
  const client = await connectForTest()
  const store = dynamodbStore({ client })
  const id = freshId()
  await store.decide([ask(id, 2, tokenBucket({ capacity: 2 ** 32, refill: 2 ** 31 - 1, per: 1 }))], START)
  const tick = BigInt(START)
  expect(await itemOf(client, id)).toMatchObject({
    pk: { S: `4:test36:${id}` },
    units: { S: 'meter:1:2147483647:1000' },
    ts: { N: String(tick) },
    level: { N: String(tick * 2_147_483_647n + 2_000n) },
  })
})
