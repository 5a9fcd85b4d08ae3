import { setTimeout as sleep } from 'node:timers/promises'
import { fixedWindow, type Store, tokenBucket } from '@headgate/core'
import { startPostgres, startProxy } from '@headgate/services'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { migrate, postgresStore } from '../src/index.ts'
import { ask, codeOf, poolForTest, schemaForTest, waitersOf } from './support.ts'

const plenty = tokenBucket({ capacity: 1_000_000_000, refill: 1_000_000_000, per: '1d' })
const TIMEOUT = 400
/** What a machine at full load may add: a call without a deadline would take far longer, or for ever. */
const SLACK = 2_000

interface Load {
  /** How each call ended, since the last look. */
  codes(): { readonly [code: string]: number }
  /** Resolves with the milliseconds of the slowest call when all are settled. */
  stop(): Promise<number>
}

/** Callers who ask again as soon as they are answered: for all kinds of things, or all for one key. */
function loadOn(store: Store, callers = 32, hot = false): Load {
  let codes: Record<string, number> = {}
  let stopped = false
  let slowest = 0
  const caller = async (n: number) => {
    for (let i = 0; !stopped; i++) {
      const from = performance.now()
      const [settled] = await Promise.allSettled([
        store.decide(
          hot
            ? [ask('hot', 1, plenty)]
            : [ask(`key ${(n + i) % 40}`, 1, plenty), ask(`other ${i % 3}`)].slice(0, 1 + (i % 2)),
        ),
      ])
      slowest = Math.max(slowest, performance.now() - from)
      const code = codeOf(settled)
      codes[code] = (codes[code] ?? 0) + 1
      // A server that is down refuses at once.
      if (code !== 'fulfilled') await sleep(5)
    }
  }
  const callersDone = Promise.all(Array.from({ length: callers }, (_, n) => caller(n)))
  return {
    codes() {
      const found = codes
      codes = {}
      return found
    },
    async stop() {
      stopped = true
      await callersDone
      return slowest
    },
  }
}

/** Milliseconds until a call is answered again. */
async function recovery(store: Store): Promise<number> {
  const from = performance.now()
  for (;;) {
    const [settled] = await Promise.allSettled([store.decide([ask('again', 0)])])
    if (settled.status === 'fulfilled' || performance.now() - from > 10_000) return performance.now() - from
    await sleep(10)
  }
}

/** The network between a client and the server, which goes when the test is over. */
async function proxyForTest() {
  const url = new URL(inject('postgresUrl'))
  const proxy = await startProxy({ port: Number(url.port) })
  onTestFinished(() => proxy.stop())
  url.port = String(proxy.port)
  return { proxy, url: url.href }
}

/** As it comes, and where statements for one key are sent one behind the other, on one connection. */
const WAYS = [
  ['', false],
  [', pipelined', true],
] as const

// The pool has no listener for errors but the store's.
test.for(WAYS)(
  'a server that is killed and restarted three times under load: nothing hangs, nothing is unhandled, and it works again%s',
  {
    timeout: 60_000,
  },
  async ([, pipeline]) => {
    const server = await startPostgres()
    const pool = new pg.Pool({ connectionString: server.url, connectionTimeoutMillis: 1_000, pipeline })
    await migrate({ pool, unlogged: pipeline })
    const store = postgresStore({ pool, timeout: TIMEOUT })
    const load = loadOn(store, 64, pipeline)
    for (let round = 0; round < 3; round++) {
      await sleep(300)
      expect(load.codes()['fulfilled']).toBeGreaterThan(0)
      await server.kill()
      await sleep(TIMEOUT + 200)
      load.codes()
      await sleep(100)
      expect(Object.keys(load.codes())).toEqual(['STORE_FAILED'])
      await server.restart()
      expect(await recovery(store)).toBeLessThan(1_000)
      load.codes()
    }
    expect(await load.stop()).toBeLessThan(TIMEOUT + SLACK)
    await store.close()
    await pool.end()
    await server.stop()
  },
)

test.for(WAYS)(
  'connections that are ended under load fail what was on them, and no more%s',
  {
    timeout: 30_000,
  },
  async ([, pipeline]) => {
    const admin = poolForTest()
    const schema = await schemaForTest(admin, pipeline)
    const to = { connectionString: inject('postgresUrl'), application_name: schema }
    const pool = new pg.Pool({ ...to, max: 4, pipeline })
    const store = postgresStore({ pool, schema, timeout: 5_000 })
    const load = loadOn(store, 64, pipeline)
    for (let round = 0; round < 20; round++) {
      await sleep(50)
      await admin.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
        [schema],
      )
    }
    expect(await recovery(store)).toBeLessThan(1_000)
    const codes = load.codes()
    expect(Object.keys(codes).sort()).toEqual(['STORE_FAILED', 'fulfilled'])
    await load.stop()
    await store.close()
    await pool.end()
  },
)

test('a pool that somebody else holds: deadlines are kept, nothing is done late, and it goes on', async () => {
  const pool = poolForTest({ max: 1 })
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema, timeout: 1_000 })
  const two = fixedWindow({ limit: 2, window: '365d' })
  await store.decide([ask('a', 0, two)])
  for (let round = 0; round < 4; round++) {
    const holder = await pool.connect()
    // Every other time twice in a row, so that what was given up is there when the next comes.
    for (let i = 0; i <= round % 2; i++) {
      const from = performance.now()
      const settled = await Promise.allSettled([1, 1].map((cost) => store.decide([ask('a', cost, two)])))
      expect(settled.map(codeOf)).toEqual(['STORE_TIMEOUT', 'STORE_TIMEOUT'])
      expect(performance.now() - from).toBeLessThan(1_000 + SLACK)
    }
    // However long that goes on, those that wait don't add up.
    expect(pool.waitingCount).toBeLessThanOrEqual(2)
    holder.release()
  }
  const { results } = await store.decide([ask('a', 2, two)])
  expect(results[0]?.allowed).toBe(true)
  await store.close()
})

test('a row that a transaction of others holds: the server gives up too, so that nothing piles up', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema, timeout: 200 })
  await store.decide([ask('a', 1, plenty)])
  const holder = await pool.connect()
  await holder.query('BEGIN')
  await holder.query(`SELECT 1 FROM ${schema}.states FOR UPDATE`)
  for (const checks of [[ask('a', 1, plenty)], [ask('a', 1, plenty), ask('b')]]) {
    const [settled] = await Promise.allSettled([store.decide(checks)])
    expect(['STORE_TIMEOUT', 'STORE_FAILED']).toContain(codeOf(settled))
  }
  await expect.poll(() => waitersOf(schema, holder)).toBe(0)
  await holder.query('COMMIT')
  holder.release()
  expect((await store.decide([ask('a', 1, plenty)])).results[0]?.allowed).toBe(true)
  await store.close()
})

/** Resolves when a statement of this schema waits for a lock. */
async function somebodyWaits(admin: pg.Pool, schema: string): Promise<void> {
  await expect.poll(() => waitersOf(schema, admin), { interval: 5, timeout: 10_000 }).toBeGreaterThan(0)
}

test('a transaction of others that locks in another order: the server ends ours, and it is asked again', async () => {
  // A database of its own, since another test counts the deadlocks of the usual one.
  const database = `deadlocks_${process.pid}`
  await poolForTest().query(`CREATE DATABASE ${database}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = database
  const admin = poolForTest({ connectionString: url.href })
  const schema = await schemaForTest(admin)
  // It looks for deadlocks before the other does, and so is the one that is ended.
  const pool = poolForTest({ connectionString: url.href, options: '-c deadlock_timeout=2s' })
  const store = postgresStore({ pool, schema, timeout: 20_000 })
  const deadlocks = async () => {
    const text = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'
    return Number((await admin.query(text)).rows[0].deadlocks)
  }
  const slow = tokenBucket({ capacity: 10, refill: 1, per: '365d' })
  const both = [ask('a', 1, slow), ask('b', 1, slow)]
  for (const decide of [
    // One call, and two that share a statement.
    () => store.decide(both),
    () => Promise.all(both.map((check) => store.decide([check]))),
  ]) {
    await store.decide(both)
    const before = await deadlocks()
    const other = await admin.connect()
    await other.query("BEGIN; SET LOCAL deadlock_timeout = '60s'")
    await other.query(`SELECT 1 FROM ${schema}.states WHERE key LIKE '%b' FOR UPDATE`)
    const decided = decide()
    await somebodyWaits(admin, schema)
    await other.query(`SELECT 1 FROM ${schema}.states WHERE key LIKE '%a' FOR UPDATE`)
    await other.query('COMMIT')
    other.release()
    await decided
    await expect.poll(deadlocks, { timeout: 10_000 }).toBeGreaterThan(before)
  }
  const { results } = await store.decide(both.map((check) => ({ ...check, cost: 0 })))
  const { den } = both[0]!.rule as { den: number }
  // Each was charged four times: what was ended left nothing behind.
  for (const { cells } of results) expect(Math.ceil((cells[1] ?? 0) / den)).toBe(4)
  await store.close()
})

test('who had to wait for a row is not turned away by the clock of before', async () => {
  const admin = poolForTest()
  const schema = await schemaForTest(admin)
  const store = postgresStore({ pool: admin, schema, timeout: 10_000 })
  const check = ask('a', 1, tokenBucket({ capacity: 1, refill: 1, per: '2s' }))
  expect((await store.decide([check])).results[0]?.allowed).toBe(true)
  const holder = await admin.connect()
  await holder.query(`BEGIN; SELECT 1 FROM ${schema}.states FOR UPDATE`)
  const decided = store.decide([check])
  await somebodyWaits(admin, schema)
  await sleep(2_000)
  await holder.query('COMMIT')
  holder.release()
  expect((await decided).results[0]?.allowed).toBe(true)
  await store.close()
})

test.for(WAYS)(
  'a network that swallows everything: deadlines, a bounded number of connections, and back within a second%s',
  {
    timeout: 30_000,
  },
  async ([, pipeline]) => {
    const pool = poolForTest()
    const schema = await schemaForTest(pool, pipeline)
    const { proxy, url } = await proxyForTest()
    const far = new pg.Pool({ connectionString: url, max: 6, connectionTimeoutMillis: 500, pipeline })
    const store = postgresStore({ pool: far, schema, timeout: TIMEOUT, maxWaiting: 200 })
    const load = loadOn(store, 100, pipeline)
    await sleep(300)
    proxy.mode = 'blackhole'
    await sleep(TIMEOUT + 100)
    load.codes()
    for (let i = 0; i < 20; i++) {
      await sleep(100)
      expect(far.totalCount).toBeLessThanOrEqual(6)
      expect(far.waitingCount).toBeLessThanOrEqual(4)
    }
    expect(load.codes()['fulfilled']).toBeUndefined()
    proxy.mode = 'pass'
    expect(await recovery(store)).toBeLessThan(1_000)
    expect(await load.stop()).toBeLessThan(TIMEOUT + SLACK)
    await store.close()
    await far.end()
  },
)

test('replies that are lost after execution: what was done is not done again', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const { proxy, url } = await proxyForTest()
  const far = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 500 })
  const store = postgresStore({ pool: far, schema, timeout: 300 })
  const near = postgresStore({ pool, schema })
  const three = fixedWindow({ limit: 3, window: '365d' })
  await store.decide([ask('a', 0, three)])
  proxy.mode = 'drop-replies'
  await expect(store.decide([ask('a', 1, three)])).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
  proxy.mode = 'pass'
  const left = async (cost: number) => (await near.decide([ask('a', cost, three)])).results[0]?.allowed
  expect([await left(2), await left(1)]).toEqual([true, false])
  await store.close()
  await far.end()
})

test('too many calls are refused before they are sent', async () => {
  const pool = poolForTest({ max: 1 })
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema, maxWaiting: 10, timeout: 2_000 })
  const settled = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => store.decide([ask(`${i}`)])))
  expect(settled.map(codeOf).filter((code) => code === 'STORE_OVERLOADED')).toHaveLength(20)
  await store.close()
})
