import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  fixedWindow,
  type Limit,
  leakyBucket,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { type RedisCluster, redisIsNative, startRedisCluster } from '@headgate/services'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Place, prepareServers } from './stores.ts'

const PROCESSES = 8
const REQUESTS = 5_000
const LIMIT = 1_000

/** Each lets 1,000 through at once, and not one more for a month (the quota: before the next). */
const limits: Readonly<Record<string, Limit>> = {
  'token bucket': tokenBucket({ capacity: LIMIT, refill: 10, per: '365d' }),
  'leaky bucket': leakyBucket({ rate: 10, per: '365d', queue: LIMIT - 1 }),
  'fixed window': fixedWindow({ limit: LIMIT, window: '3650d' }),
  'sliding window': slidingWindow({ limit: LIMIT, window: '3650d' }),
  'sliding log': slidingLog({ limit: LIMIT, window: '365d' }),
  quota: quota({ limit: LIMIT, per: 'month' }),
}

const kinds: readonly Place['kind'][] = ['sqlite', 'redis', 'redis-cluster', 'postgres', 'dynamodb']
const places = new Map<Place['kind'], Place>()
const takers: ChildProcess[] = []
const folder = mkdtempSync(join(tmpdir(), 'headgate-test-'))
let cluster: RedisCluster | undefined

beforeAll(async () => {
  const postgres = inject('postgresUrl')
  const dynamo = inject('dynamoUrl')
  await prepareServers(postgres, dynamo)
  if (redisIsNative()) cluster = await startRedisCluster()

  const at = {
    sqlite: join(folder, 'limits.db'),
    redis: inject('redisUrl'),
    'redis-cluster': cluster?.nodes.map(({ port }) => port).join() ?? '',
    postgres,
    dynamodb: dynamo,
  }
  for (const kind of kinds) places.set(kind, { kind, at: at[kind] })

  for (let i = 0; i < PROCESSES; i++) {
    const taker = fork(new URL('./taker.mjs', import.meta.url), {
      execArgv: ['--conditions=@headgate/source', '--no-warnings'],
    })
    takers.push(taker)
  }
  await Promise.all(takers.map(heard))
}, 60_000)

afterAll(async () => {
  for (const taker of takers) taker.disconnect()
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** What a process says next. */
async function heard(taker: ChildProcess): Promise<unknown> {
  const enough = new AbortController()
  const exit = once(taker, 'exit', { signal: enough.signal }).then(([code]) => {
    throw new Error(`a process ended with ${code}`)
  })
  try {
    const [message] = await Promise.race([once(taker, 'message', { signal: enough.signal }), exit])
    return message
  } finally {
    exit.catch(() => {})
    enough.abort()
  }
}

const pairs = kinds.flatMap((kind) => Object.keys(limits).map((name) => [kind, name] as const))

test.for(pairs)(
  `${PROCESSES} processes that ask ${REQUESTS} times each: %s, %s`,
  {
    timeout: 120_000,
  },
  async ([kind, name], { skip }) => {
    skip(kind === 'redis-cluster' && cluster === undefined, 'a Cluster needs redis-server or valkey-server')
    const answers = takers.map(heard)
    const round = {
      place: places.get(kind),
      limit: limits[name],
      key: crypto.randomUUID(),
      requests: REQUESTS,
    }
    for (const taker of takers) taker.send(round)
    const found = (await Promise.all(answers)) as { admitted?: number; error?: string }[]
    expect(found.flatMap(({ error }) => error ?? [])).toEqual([])
    expect(found.reduce((sum, { admitted = 0 }) => sum + admitted, 0)).toBe(LIMIT)
  },
)
