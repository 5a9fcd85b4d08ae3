import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres, startProxy } from '@headgate/services'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { migrate, postgresRegistry } from '../../src/postgres.ts'
import type { Change, Registry } from '../../src/registry/registry.ts'
import { expectConsistent } from './model.ts'
import { codeOf, poolForTest, schemaForTest, schemaName, startWriter } from './support.ts'

const FIRST: Change = { type: 'plans.replaced', default: 'free', plans: { free: { daily: 1 }, pro: {} } }
const BY = { actor: 'ann', revision: 0 }

/** The network between a client and the server, which goes when the test is over. */
async function proxyForTest() {
  const url = new URL(inject('postgresUrl'))
  const proxy = await startProxy({ port: Number(url.port) })
  onTestFinished(() => proxy.stop())
  url.port = String(proxy.port)
  return { proxy, url: url.href }
}

/** Writes without a break until it is stopped; it has the ids that it was told, and the codes of what failed. */
function writeOn(registry: Registry) {
  const ids: number[] = []
  const codes = new Set<string>()
  let isStopped = false
  const done = (async () => {
    for (let i = 0; !isStopped; i++) {
      const plan = `p${i % 3}`
      const subject = `s${i % 5}`
      try {
        const { revision } = await registry.plans()
        const changes: Change[] = [
          { type: 'plans.replaced', default: plan, plans: { [plan]: {}, p0: {}, p1: { daily: i } } },
          { type: 'plan.set', plan, options: { daily: i } },
          { type: 'plan.deleted', plan },
          { type: 'subject.set', subject, assignment: { plan, daily: i } },
          { type: 'subject.deleted', subject },
        ]
        const id = await registry.write(changes[i % 7 === 0 ? 0 : i % 5]!, { actor: 'ann', revision })
        if (id !== undefined) ids.push(id)
      } catch (error) {
        codes.add((error as { code: string }).code)
      }
      await sleep(1)
    }
  })()
  return {
    ids,
    codes,
    async stop() {
      isStopped = true
      await done
    },
  }
}

/** Tries until it works. */
async function atLast<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 0) throw error
      await sleep(50)
    }
  }
}

const EXPECTED = ['CHANGE_CONFLICT', 'PLAN_IN_USE', 'UNKNOWN_PLAN', 'STORE_FAILED']

test('connections that are ended in the middle: all of a change or nothing', async () => {
  const admin = poolForTest()
  const schema = await schemaForTest(admin)
  const pool = poolForTest({ max: 4, application_name: schema })
  const writers = [1, 2, 3].map(() => writeOn(postgresRegistry(pool, { schema })))
  const told = () => writers.flatMap(({ ids }) => ids)
  const end = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1'
  for (let round = 0, ended = 0; ended < 60 || told().length < 10; round++) {
    await sleep((round % 6) * 20)
    ended += (await admin.query(end, [schema])).rows.length
  }
  await Promise.all(writers.map(({ stop }) => stop()))
  const changes = await expectConsistent(postgresRegistry(admin, { schema }))
  expect(changes.map(({ id }) => id)).toEqual(expect.arrayContaining(told()))
  const codes = writers.flatMap((writer) => [...writer.codes])
  expect(EXPECTED).toEqual(expect.arrayContaining(codes))
  expect(codes).toContain('STORE_FAILED')
})

test('a server that is killed and restarted: nothing that was told is lost', async () => {
  const server = await startPostgres(['fsync=on'])
  const pool = new pg.Pool({ connectionString: server.url, connectionTimeoutMillis: 1_000 })
  await migrate(pool)
  const registry = postgresRegistry(pool, { timeout: 400 })
  const writers = [1, 2].map(() => writeOn(registry))
  const told = () => writers.flatMap(({ ids }) => ids)
  const goesOn = async () => {
    const before = told().length
    await expect.poll(() => told().length, { timeout: 30_000 }).toBeGreaterThan(before + 5)
  }
  for (let round = 0; round < 2; round++) {
    await goesOn()
    await server.kill()
    await sleep(300)
    await server.restart()
  }
  await goesOn()
  await Promise.all(writers.map(({ stop }) => stop()))
  const changes = await atLast(() => expectConsistent(registry))
  expect(changes.map(({ id }) => id)).toEqual(expect.arrayContaining(told()))
  expect(writers.some(({ codes }) => codes.has('STORE_FAILED'))).toBe(true)
  await pool.end()
  await server.stop()
})

test.each(['drop-replies', 'blackhole', 'refuse'] as const)(
  'a network that is in mode %s for a while: no call stays unanswered, and connections don’t add up',
  async (mode) => {
    const admin = poolForTest()
    const schema = await schemaForTest(admin)
    const { proxy, url } = await proxyForTest()
    const pool = new pg.Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 300 })
    const far = postgresRegistry(pool, { schema, timeout: 200 })
    const near = postgresRegistry(admin, { schema })
    const writer = writeOn(far)
    for (let round = 0; round < 2; round++) {
      await sleep(100)
      proxy.mode = mode
      await sleep(300)
      const calls = [
        far.plans(),
        far.subject('s1'),
        far.subjects({ limit: 1 }),
        far.changes({ limit: 1 }),
        far.write(FIRST, BY),
      ]
      const codes = await Promise.all(calls.map((call) => codeOf(() => call)))
      expect(codes).toEqual(calls.map(() => 'STORE_FAILED'))
      expect(pool.totalCount).toBeLessThanOrEqual(3)
      proxy.mode = 'pass'
    }
    await atLast(() => far.plans())
    await writer.stop()
    const changes = await expectConsistent(near)
    expect(changes.map(({ id }) => id)).toEqual(expect.arrayContaining(writer.ids))
    await pool.end()
  },
)

test('a process that stops in the middle of a write keeps others waiting for no longer than its timeout', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const registry = postgresRegistry(pool, { schema })
  const { child, ids } = startWriter({
    kind: 'postgres',
    place: inject('postgresUrl'),
    schema,
    timeout: 3_000,
  })
  const isInTheMiddle = async () => {
    const { rows } = await pool.query(
      "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle in transaction'",
      [`${schema}_writer`],
    )
    return rows.length > 0
  }
  await expect.poll(() => ids.length, { timeout: 30_000 }).toBeGreaterThan(0)
  for (;;) {
    child.kill('SIGSTOP')
    await sleep(20)
    if (await isInTheMiddle()) break
    child.kill('SIGCONT')
    await sleep(5)
  }
  const impatient = postgresRegistry(pool, { schema, timeout: 50 })
  const reset: Change = { type: 'subject.reset', subject: 'acme' }
  await expect(impatient.write(reset, BY)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  // Who only reads waits for nobody.
  await registry.plans()
  expect(await registry.write(reset, BY)).toBeGreaterThan(0)
  expect(await isInTheMiddle()).toBe(false)
  await expectConsistent(registry)
})

test('of a call that nobody waits for any more the rest is dropped, and its connection is good again', async () => {
  const pool = poolForTest({ max: 1 })
  const registry = postgresRegistry(pool, { schema: await schemaForTest(pool) })
  const gone = AbortSignal.abort(new Error('too late'))
  await expect(registry.subject('acme', gone)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    cause: { message: 'too late' },
  })

  // While it waits for a connection.
  const holder = await pool.connect()
  const waiting = new AbortController()
  const waits = registry.subject('acme', waiting.signal)
  waiting.abort(new Error('too late'))
  await expect(waits).rejects.toMatchObject({ code: 'STORE_FAILED' })
  holder.release()
  await expect
    .poll(() => [pool.waitingCount, pool.totalCount, pool.idleCount], { timeout: 20_000 })
    .toEqual([0, 1, 1])

  // While the server is busy with it.
  await pool.query('SELECT 1')
  const { proxy, url } = await proxyForTest()
  const far = new pg.Pool({ connectionString: url, max: 1 })
  await far.query('SELECT 1')
  proxy.replyDelay = 100
  const asking = new AbortController()
  const asks = postgresRegistry(far).subject('acme', asking.signal)
  setTimeout(() => asking.abort(new Error('too late')), 20)
  await expect(asks).rejects.toMatchObject({ cause: { message: 'too late' } })
  await far.end()
  expect(await registry.subject('acme', new AbortController().signal)).toBeUndefined()
})

test('a pool that somebody else holds: a call is given up, and the connection isn’t lost', async () => {
  const pool = poolForTest({ max: 1 })
  const schema = await schemaForTest(pool)
  const registry = postgresRegistry(pool, { schema, timeout: 50 })
  const holder = await pool.connect()
  for (let i = 0; i < 2; i++) {
    expect(await codeOf(() => registry.plans())).toBe('STORE_FAILED')
    expect(await codeOf(() => registry.write(FIRST, BY))).toBe('STORE_FAILED')
  }
  holder.release()
  await expect.poll(() => pool.waitingCount, { timeout: 20_000 }).toBe(0)
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
  expect(await postgresRegistry(pool, { schema }).write(FIRST, BY)).toBe(1)
})

test('a write that is given up while others have the lock doesn’t wait on at the server', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const holder = await pool.connect()
  onTestFinished(() => holder.release(true))
  await holder.query(`BEGIN; SELECT FROM ${schema}.head FOR UPDATE`)
  const far = poolForTest({ application_name: schema })
  await expect(postgresRegistry(far, { schema, timeout: 100 }).write(FIRST, BY)).rejects.toMatchObject({
    code: 'STORE_FAILED',
  })
  const busy = async () => {
    const { rows } = await pool.query(
      "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND state = 'active'",
      [schema],
    )
    return rows.length
  }
  await expect.poll(busy, { timeout: 20_000 }).toBe(0)
})

test('a pool whose connections pipeline: a call that the network swallowed leaves none open', async () => {
  const admin = poolForTest()
  const schema = await schemaForTest(admin)
  const { proxy, url } = await proxyForTest()
  const pool = new pg.Pool({ connectionString: url, pipeline: true } as pg.PoolConfig)
  const registry = postgresRegistry(pool, { schema })
  expect(await registry.write(FIRST, BY)).toBe(1)
  proxy.mode = 'blackhole'
  const impatient = postgresRegistry(pool, { schema, timeout: 200 })
  expect(await codeOf(() => impatient.plans())).toBe('STORE_FAILED')
  await expect.poll(() => proxy.connections, { timeout: 20_000 }).toBe(0)
  proxy.mode = 'pass'
  expect((await registry.plans()).revision).toBe(1)
  await pool.end()
})

test('what is refused costs no connection', async () => {
  const pool = poolForTest({ max: 1 })
  const registry = postgresRegistry(pool, { schema: await schemaForTest(pool) })
  const pidOf = async () => (await pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
  const before = await pidOf()
  expect(await codeOf(() => registry.write({ type: 'default.set', plan: 'none' }, BY))).toBe('UNKNOWN_PLAN')
  expect(await codeOf(() => registry.write(FIRST, { ...BY, revision: 7 }))).toBe('CHANGE_CONFLICT')
  expect(await registry.write(FIRST, BY)).toBe(1)
  expect(await pidOf()).toBe(before)
  const { rows } = await pool.query("SELECT current_setting('statement_timeout') AS timeout")
  expect(rows).toEqual([{ timeout: '0' }])
})

test('where transactions are stricter than usual, and read only, it is as ever', async () => {
  const admin = poolForTest()
  const schema = await schemaForTest(admin)
  const options =
    '-c default_transaction_isolation=serializable -c default_transaction_read_only=on -c search_path=none'
  const writers = [1, 2, 3].map(() => writeOn(postgresRegistry(poolForTest({ options }), { schema })))
  await expect.poll(() => writers.every(({ ids }) => ids.length > 10), { timeout: 30_000 }).toBe(true)
  await Promise.all(writers.map(({ stop }) => stop()))
  expect(writers.flatMap(({ codes }) => [...codes])).not.toContain('STORE_FAILED')
  const told = writers.flatMap(({ ids }) => ids).toSorted((a, b) => a - b)
  const changes = await expectConsistent(postgresRegistry(admin, { schema }))
  expect(changes.map(({ id }) => id)).toEqual(told)
})

test('many that migrate at once make it once, and a newer version is left alone', async () => {
  const pool = poolForTest({ max: 8 })
  const schema = schemaName(pool)
  const made = await Promise.all(Array.from({ length: 8 }, () => migrate(pool, { schema })))
  expect(made.filter(({ from }) => from === 0)).toHaveLength(1)
  expect(made.filter(({ from, to }) => from === 1 && to === 1)).toHaveLength(7)
  await pool.query(`INSERT INTO ${schema}.migrations (version) VALUES (2)`)
  await expect(migrate(pool, { schema })).rejects.toMatchObject({
    code: 'STORE_FAILED',
    fix: expect.stringContaining('@headgate/server'),
  })
})

test('a migration that fails changes nothing, and a database that is not UTF8 is refused', async () => {
  const pool = poolForTest()
  const schema = schemaName(pool)
  await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.changes (theirs int)`)
  await expect(migrate(pool, { schema })).rejects.toMatchObject({
    code: 'STORE_FAILED',
    cause: { code: '42P07' },
  })
  const { rows } = await pool.query(`SELECT to_regclass('${schema}.head') AS head`)
  expect(rows).toEqual([{ head: null }])

  const database = `registry_latin_${process.pid}`
  await pool.query(`CREATE DATABASE ${database} ENCODING 'LATIN1' TEMPLATE template0`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = database
  const latin = poolForTest({ connectionString: url.href })
  await expect(migrate(latin)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    fix: expect.stringContaining('UTF-8'),
  })
})

test('without a migration it says what to do', async () => {
  const registry = postgresRegistry(poolForTest(), { schema: 'registry_none' })
  const says = {
    code: 'STORE_FAILED',
    fix: expect.stringContaining('migrate() of @headgate/server/postgres'),
  }
  await expect(registry.plans()).rejects.toMatchObject(says)
  await expect(registry.subject('acme')).rejects.toMatchObject(says)
  await expect(registry.subjects({ limit: 1 })).rejects.toMatchObject(says)
  await expect(registry.changes({ limit: 1 })).rejects.toMatchObject(says)
  await expect(registry.write(FIRST, BY)).rejects.toMatchObject(says)
})

test('what the pool makes of numbers doesn’t matter', async () => {
  const types = { getTypeParser: () => (value: unknown) => String(value) } as never
  const pool = poolForTest({ types })
  const registry = postgresRegistry(pool, { schema: await schemaForTest(pool) })
  expect(await registry.write(FIRST, BY)).toBe(1)
  const by = { actor: 'ann', revision: 1 }
  await registry.write({ type: 'subject.set', subject: 'acme', assignment: { plan: 'pro' } }, by)
  await expect(registry.write({ type: 'plan.deleted', plan: 'pro' }, by)).rejects.toThrow(
    '1 subject is on it',
  )
  await expectConsistent(registry)
})

test('what a database’s language says of order doesn’t matter', async () => {
  const admin = poolForTest()
  const database = `registry_icu_${process.pid}`
  await admin.query(
    `CREATE DATABASE ${database} ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C' TEMPLATE template0`,
  )
  const url = new URL(inject('postgresUrl'))
  url.pathname = database
  const pool = poolForTest({ connectionString: url.href })
  await migrate(pool)
  const registry = postgresRegistry(pool)
  await registry.write(FIRST, BY)
  for (const subject of ['b', 'A', 'a', 'B', 'a b', 'a-b', 'é'])
    await registry.write(
      { type: 'subject.set', subject, assignment: { plan: 'pro' } },
      { actor: 'a', revision: 1 },
    )
  const found = await registry.subjects({ limit: 10 })
  expect(found.map(({ subject }) => subject)).toEqual(['A', 'B', 'a', 'a b', 'a-b', 'b', 'é'])
  expect((await registry.subjects({ limit: 10, prefix: 'a' })).map(({ subject }) => subject)).toEqual([
    'a',
    'a b',
    'a-b',
  ])
})

test.each([
  [undefined, {}, 'pool'],
  [{}, {}, 'pool'],
  ['pool', { schema: 'x;' }, 'schema'],
  ['pool', { schema: 'pg_x' }, 'schema'],
  ['pool', { timeout: 0 }, 'timeout'],
  ['pool', { timeout: '25d' }, 'timeout'],
])('options that can’t be meant are refused: %j %j', (given, options, option) => {
  const pool = (given === 'pool' ? poolForTest() : given) as pg.Pool
  expect(() => postgresRegistry(pool, options as object)).toThrow(expect.objectContaining({ option }))
})
