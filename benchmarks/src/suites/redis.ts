import { startRedis } from '@headgate/services'
import { REDIS_COMPETITORS, type RedisCompetitor } from '../competitors/redis.ts'
import type { Goal } from '../figures.ts'
import type { Scenario, Settings } from '../scenario.ts'
import { table, verdict } from '../table.ts'
import type { RedisTask } from '../workers/redis.ts'
import type { RedisBytes, RedisBytesTask } from '../workers/redis-bytes.ts'
import { seat } from '../workers/seat.ts'
import { competeAtServer } from './at-server.ts'

const COMPETITORS = Object.keys(REDIS_COMPETITORS) as readonly RedisCompetitor[]
const TOGETHER = 64
const MANY = 100_000
const MAX_BYTES = 100
const WORKER = new URL('../workers/redis.ts', import.meta.url).href
const BYTES_WORKER = new URL('../workers/redis-bytes.ts', import.meta.url).href

/** Decisions in Redis, 64 under way in one process, and what a key takes there. */
export const redisScenarios: readonly Scenario[] = [
  {
    suite: 'redis',
    name: 'redis-hot',
    run: (settings) =>
      run(`Redis, one hot key: ${TOGETHER} decisions under way`, 1, settings, {
        'headgate, each by itself': { of: 'floor', atLeast: 0.95 },
        'headgate, gathered': { of: 'floor', atLeast: 3 },
      }),
  },
  {
    suite: 'redis',
    name: 'redis-keys',
    run: (settings) => {
      const keys = Math.min(MANY, settings.manyKeys)
      const title = `Redis, ${keys.toLocaleString('en-GB')} keys: ${TOGETHER} decisions under way`
      return run(title, keys, settings, {
        'headgate, each by itself': { of: 'floor', atLeast: 0.95 },
        'headgate, gathered': { of: 'floor', atLeast: 1.5 },
      })
    },
  },
  { suite: 'redis', name: 'redis-bytes', run: bytes },
]

function run(title: string, keys: number, settings: Settings, goals: Record<string, Goal>) {
  const entrants = (url: string) =>
    COMPETITORS.map((competitor) => ({
      name: competitor,
      task: { competitor, url, keys, together: TOGETHER } satisfies RedisTask,
    }))
  return competeAtServer(startRedis, { title, settings, goals, worker: WORKER, entrants })
}

async function bytes({ manyKeys }: Settings) {
  const keys = Math.min(MANY, manyKeys)
  const server = await startRedis()
  const found = new Map<RedisCompetitor, RedisBytes>()
  try {
    for (const competitor of COMPETITORS.filter((name) => name !== 'headgate, each by itself')) {
      const task = { competitor, url: server.url, keys }
      const { sample, close } = await seat<RedisBytesTask, RedisBytes>(competitor, BYTES_WORKER, task)
      found.set(competitor, await sample(0).finally(close))
    }
  } finally {
    await server.stop()
  }
  const own = (found.get('headgate, gathered') as RedisBytes).perKey
  const reach = { goal: `MEMORY USAGE ≤ ${MAX_BYTES} bytes`, found: own, met: own <= MAX_BYTES }
  const rows = [...found].map(([name, { perKey, grown }]) => [
    name.replace(/, .*/, ''),
    perKey.toFixed(0),
    grown.toFixed(1),
    name.startsWith('headgate') ? verdict(reach) : '',
  ])
  return {
    title: `Redis, bytes per key at ${keys.toLocaleString('en-GB')} keys`,
    text: `${table(['', 'MEMORY USAGE', 'growth of used_memory', 'reach'], rows)}

MEMORY USAGE is of one key; the growth, divided by the keys, also counts what the server keeps beside each: the table of
expiries, and the tables' own room.`,
    reached: [reach],
  }
}
