import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { quota, slidingWindow, tokenBucket } from '@headgate/core'
import { createTable } from '@headgate/dynamodb'
import { parseConfig } from '@headgate/plans'
import type {} from '@headgate/services'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { asAssigned, type ReplayResult, replay } from '../src/index.ts'
import { openStore, storeAddress } from '../src/store.ts'
import { FILES, type Recorded, recordedLog } from './recorded.ts'
import { headgate } from './support.ts'

/** DynamoDB's stand-in takes anything, but the SDK wants something. */
const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
const before = { ...process.env }

beforeAll(async () => {
  Object.assign(process.env, credentials)
  const migrated = await headgate(['migrate', '--store', inject('postgresUrl')])
  expect(migrated).toEqual({ code: 0, stdout: 'The schema "headgate" is up to date.\n', stderr: '' })
  const client = new DynamoDBClient({ endpoint: inject('dynamoUrl'), region: 'us-east-1' })
  await createTable(client, { table: 'replays' })
  client.destroy()
}, 60_000)
afterAll(() => {
  for (const name of Object.keys(credentials)) {
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  }
})

/** As many events as a test can wait for, at each store: DynamoDB's client takes a millisecond or more for each. */
const AT_MOST = { redis: 10_000, postgres: 10_000, dynamodb: 1_000 }
type Kind = keyof typeof AT_MOST

const cases = FILES.flatMap((log) =>
  (Object.keys(AT_MOST) as Kind[]).flatMap((kind) =>
    log.events <= AT_MOST[kind] ? [[log.file, kind, log] as const] : [],
  ),
)
const policies = [
  { name: 'bucket', limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) } },
  {
    name: 'two',
    limits: {
      sliding: slidingWindow({ limit: 20, window: '1m' }),
      daily: quota({ limit: 100, per: 'day', timeZone: 'America/New_York' }),
    },
  },
  asAssigned(
    parseConfig({
      default: 'free',
      plans: { free: { rate: { limit: 20, per: '1m' } }, own: { daily: 50 } },
      // Callers of the recorded logs and of those made up like them, some until their log is half over.
      subjects: {
        '130.237.218.86': 'own',
        '66.249.73.135': { plan: 'own', until: '2015-05-19T00:00:00Z' },
        'piweba3y.prodigy.com': 'own',
        '10.0.0.1': 'own',
        'host-1': { plan: 'own', until: '2020-01-21T05:00:00Z' },
      },
    }),
  ),
]

async function replayed(recorded: Recorded, store?: string): Promise<Omit<ReplayResult, 'overflowed'>> {
  const opened = store === undefined ? undefined : await openStore(storeAddress(store))
  try {
    const sources = [await recordedLog(recorded)]
    return await replay({ ...recorded.options, policies, sources, ...(opened && { store: opened }) })
  } finally {
    await opened?.close()
  }
}

it.each(cases)('%s is decided at %s as in memory', { timeout: 120_000 }, async (_, kind, log) => {
  const store = {
    redis: inject('redisUrl'),
    postgres: inject('postgresUrl'),
    dynamodb: `dynamodb://replays?region=us-east-1&endpoint=${encodeURIComponent(inject('dynamoUrl'))}`,
  }[kind]
  expect(await replayed(log, store)).toEqual(await replayed(log))
})

it('says what to do where the database was not migrated', async () => {
  const database = new URL(inject('postgresUrl'))
  database.pathname = '/template1'
  const limit = '{"algorithm":"fixed-window","limit":1,"window":"1s"}'
  const args = ['replay', '--limit', limit, '--format', 'jsonl', '--store', database.href]
  const { code, stderr } = await headgate(args, { stdin: '{"time":1}\n' })
  expect(code).toBe(1)
  expect(stderr).toContain('headgate migrate')
})
