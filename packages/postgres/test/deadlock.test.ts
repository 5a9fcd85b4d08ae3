import { compileLimit, fixedWindow, type Limit, tokenBucket } from '@headgate/core'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { poolForTest, schemaForTest } from './support.ts'

const KEYS = 12
const CALLS = 100_000
const CALLERS = 512

const DEADLOCKS = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'

/** What all keys together can be given is less than what is asked for: half of the calls are denied. */
const LIMIT = 15_000
const limits: readonly Limit[] = [
  fixedWindow({ limit: LIMIT, window: '365d' }),
  tokenBucket({ capacity: LIMIT, refill: LIMIT, per: '365d' }),
]

// Stores are as processes are to each other: each has connections, batches and an order of its own.
test('1e5 calls of keys in random order, from several stores: no deadlock, and what is admitted is what is charged', {
  timeout: 120_000,
}, async () => {
  const watcher = poolForTest({ max: 1 })
  const schema = await schemaForTest(watcher, true)
  const deadlocks = async () => Number((await watcher.query(DEADLOCKS)).rows[0].deadlocks)
  const before = await deadlocks()
  const pools = Array.from(
    { length: 3 },
    () => new pg.Pool({ connectionString: inject('postgresUrl'), max: 4 }),
  )
  const stores = pools.map((pool) => postgresStore({ pool, schema, maxInFlight: 4, timeout: 60_000 }))
  const rules = limits.map((limit) => compileLimit(limit).ruleAt(0))
  const admitted = new Array<number>(KEYS).fill(0)
  let left = CALLS

  const caller = async (n: number) => {
    const store = stores[n % stores.length]!
    while (left-- > 0) {
      // One store is asked for what goes the short way: meters, each by itself.
      if (n % stores.length === 0) {
        const key = 1 + 2 * Math.floor(Math.random() * (KEYS / 2))
        const { results } = await store.decide([{ scope: 's', id: `${key}`, rule: rules[1]!, cost: 1 }])
        if (results[0]?.allowed) admitted[key]!++
        continue
      }
      // One call in fifty forgets a key that others charge, so rows also come and go.
      if (left % 50 === 0) await store.delete([{ scope: 'churn', id: `${left % 7}` }])
      const some = randomKeys()
      const { results } = await store.decide([
        ...some.map((key) => ({ scope: 's', id: `${key}`, rule: rules[key % 2]!, cost: 1 })),
        { scope: 'churn', id: `${Math.floor(Math.random() * 7)}`, rule: rules[0]!, cost: 1, shadow: true },
      ])
      if (!results.slice(0, some.length).every(({ allowed }) => allowed)) continue
      for (const key of some) admitted[key]!++
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, (_, n) => caller(n)))

  for (const key of admitted.keys()) {
    const check = { scope: 's', id: `${key}`, rule: rules[key % 2]!, cost: 0 }
    const { results } = await stores[0]!.decide([check])
    const [cells] = results.map((result) => Array.from(result.cells))
    const used = key % 2 === 0 ? cells![2] : Math.ceil(cells![1]! / (rules[1] as { den: number }).den)
    expect([key, used]).toEqual([key, admitted[key]])
    expect(admitted[key]).toBeLessThanOrEqual(LIMIT)
  }
  await Promise.all(stores.map((store) => store.close()))
  await Promise.all(pools.map((pool) => pool.end()))
  expect(await deadlocks()).toBe(before)
})

function randomKeys(): number[] {
  const keys = new Set<number>()
  const size = 2 + Math.floor(Math.random() * 4)
  while (keys.size < size) keys.add(Math.floor(Math.random() * KEYS))
  return [...keys]
}
