import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres, startProxy } from '@headgate/services'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createUsage, type Usage } from '../src/index.ts'
import { migrate, postgresLedger } from '../src/postgres.ts'
import {
  all,
  batch,
  codeOf,
  poolForTest,
  row,
  START,
  schemaForTest,
  unitsIn,
  writeByProcesses,
} from './support.ts'

const TIMEOUT = 400

/** Records without a break, of all kinds, until it is stopped; then it says how many units that were. */
function recordOn(usage: Usage) {
  let units = 0
  let isStopped = false
  const done = (async () => {
    for (let i = 0; !isStopped; i++) {
      for (let n = 1; n <= 20; n++) {
        usage.record({ subject: `s${(i * n) % 200}`, units: n, at: START })
        units += n
      }
      await sleep(1)
    }
  })()
  return async () => {
    isStopped = true
    await done
    return BigInt(units)
  }
}

/** Flushes until it works, and tells how often it didn't. */
async function flushAtLast(usage: Usage): Promise<number> {
  for (let failed = 0; ; failed++) {
    if ((await codeOf(() => usage.flush())) === 'none' || failed > 100) return failed
    await sleep(50)
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

test('six processes that migrate and write at once add up exactly, and none is ended by a deadlock', async () => {
  const pool = poolForTest()
  const schema = `usage_many_${process.pid}`
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)))
  const ends = await writeByProcesses(6, ['postgres', inject('postgresUrl'), '3000', schema])
  expect(ends).toEqual(new Array(6).fill([0, '']))
  const { rows } = await pool.query(
    `SELECT sum(units) AS units, sum(denied_units) AS denied FROM ${schema}.usage`,
  )
  expect(rows).toEqual([{ units: String(6 * 3_000 * 2), denied: String(6 * 3_000 * 2) }])
})

test('batches that name the same rows in opposite orders never deadlock', async () => {
  const pool = poolForTest({ max: 8 })
  const ledger = postgresLedger(pool, { schema: await schemaForTest(pool) })
  const rows = Array.from({ length: 400 }, (_, i) => row({ subject: `s${i}` }))
  const orders = [rows, rows.toReversed()]
  await Promise.all(Array.from({ length: 80 }, (_, i) => ledger.write(batch(...(orders[i % 2] ?? [])))))
  expect(await unitsIn(ledger)).toBe(80n * 400n)
})

test('connections that are ended in the middle of writes: the sum is exact', async () => {
  const admin = poolForTest()
  const schema = await schemaForTest(admin)
  const pool = poolForTest({ max: 4, application_name: schema })
  const errors: Error[] = []
  const ledger = postgresLedger(pool, { schema })
  const usage = createUsage({ ledger, flushEvery: 2, onError: (error) => errors.push(error) })
  const stop = recordOn(usage)
  const end = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1'
  let ended = 0
  for (let round = 0; round < 150; round++) {
    await sleep(10)
    ended += (await admin.query(end, [schema])).rows.length
  }
  const units = await stop()
  await flushAtLast(usage)
  expect(await unitsIn(ledger)).toBe(units)
  expect(usage.dropped).toBe(0)
  expect(ended).toBeGreaterThan(20)
  expect(errors.length).toBeGreaterThan(0)
  await usage.close()
})

test('a server that is killed and restarted while records come: the sum is exact', async () => {
  const server = await startPostgres(['fsync=on'])
  const pool = new pg.Pool({ connectionString: server.url, connectionTimeoutMillis: 1_000 })
  await migrate(pool)
  const errors: Error[] = []
  const ledger = postgresLedger(pool, { timeout: TIMEOUT })
  const usage = createUsage({ ledger, flushEvery: 5, onError: (error) => errors.push(error) })
  const stop = recordOn(usage)
  for (let round = 0; round < 3; round++) {
    await sleep(300)
    await server.kill()
    await sleep(500)
    await server.restart()
  }
  const units = await stop()
  await flushAtLast(usage)
  expect(await unitsIn(ledger)).toBe(units)
  expect(usage.dropped).toBe(0)
  expect(errors.length).toBeGreaterThan(0)
  await usage.close()
  await pool.end()
  await server.stop()
})

test.each(['drop-replies', 'blackhole', 'refuse'] as const)(
  'a network that is in mode %s for a while: the sum is exact, and connections don’t add up',
  async (mode) => {
    const admin = poolForTest()
    const schema = await schemaForTest(admin)
    const { proxy, url } = await proxyForTest()
    const pool = new pg.Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 300 })
    const near = postgresLedger(admin, { schema })
    const usage = createUsage({
      ledger: postgresLedger(pool, { schema, timeout: 200 }),
      flushEvery: 5,
      onError: () => {},
    })
    const stop = recordOn(usage)
    for (let round = 0; round < 3; round++) {
      await sleep(100)
      proxy.mode = mode
      await sleep(600)
      expect(pool.totalCount).toBeLessThanOrEqual(3)
      proxy.mode = 'pass'
    }
    const units = await stop()
    await flushAtLast(usage)
    expect(await unitsIn(near)).toBe(units)
    await usage.close()
    await pool.end()
  },
)

test('where transactions are stricter than usual, writes that collide are made again', async () => {
  const admin = poolForTest()
  const schema = await schemaForTest(admin)
  const strict = { options: '-c default_transaction_isolation=serializable' }
  const ledger = () => postgresLedger(poolForTest(strict), { schema })
  const usages = [1, 2, 3].map(() => createUsage({ ledger: ledger(), flushEvery: 3, onError: () => {} }))
  const stops = usages.map(recordOn)
  await sleep(500)
  const units = await Promise.all(stops.map((stop) => stop()))
  await Promise.all(usages.map(flushAtLast))
  const sum = units.reduce((total, one) => total + one, 0n)
  expect(await unitsIn(postgresLedger(admin, { schema }))).toBe(sum)
  await Promise.all(usages.map((usage) => usage.close()))
})

test('a write whose answer was lost was made, and isn’t made again', async () => {
  const admin = poolForTest()
  const schema = await schemaForTest(admin)
  const { proxy, url } = await proxyForTest()
  const pool = new pg.Pool({ connectionString: url })
  const ledger = postgresLedger(pool, { schema, timeout: 200 })
  const near = postgresLedger(admin, { schema })
  const usage = createUsage({ ledger, flushEvery: '1h', onError: () => {} })
  usage.record({ subject: 'warm', units: 0 })
  await usage.flush()
  usage.record({ subject: 'acme', units: 7 })
  proxy.mode = 'drop-replies'
  expect(await codeOf(() => usage.flush())).toBe('STORE_FAILED')
  await expect.poll(() => unitsIn(near)).toBe(7n)
  proxy.mode = 'pass'
  usage.record({ subject: 'acme', units: 7 })
  await usage.flush()
  expect(await unitsIn(near)).toBe(14n)
  await usage.close()
  await pool.end()
})

test('a pool that somebody else holds: a write is given up, and the connection isn’t lost', async () => {
  const pool = poolForTest({ max: 1 })
  const schema = await schemaForTest(pool)
  const ledger = postgresLedger(pool, { schema, timeout: 50 })
  const one = batch(row())
  const holder = await pool.connect()
  for (let i = 0; i < 3; i++) expect(await codeOf(() => ledger.write(one))).toBe('STORE_FAILED')
  holder.release()
  await expect.poll(() => pool.waitingCount).toBe(0)
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
  await ledger.write(one)
  expect(await unitsIn(ledger)).toBe(1n)
})

test.each(['blackhole', 'drop-replies'] as const)(
  'a network that is in mode %s while somebody reads: it is given up, and no connection is lost',
  async (mode) => {
    const admin = poolForTest()
    const schema = await schemaForTest(admin)
    const { proxy, url } = await proxyForTest()
    const pool = new pg.Pool({ connectionString: url, max: 2 })
    const ledger = postgresLedger(pool, { schema, readTimeout: 1_000 })
    const rows = Array.from({ length: 2_500 }, (_, i) => row({ subject: `s${i}` }))
    await ledger.write(batch(...rows))
    const read = async (turn = () => {}): Promise<number> => {
      let found = 0
      const query = { bounds: [0, START * 2], where: {}, groupBy: ['subject'] as const }
      for await (const _ of ledger.read(query)) if (++found === 1) turn()
      return found
    }
    expect(await read()).toBe(2_500)
    const away = () => {
      proxy.mode = mode
    }
    // In the middle, before the first row, and, where all connections are gone and there is no new one, before the first statement.
    for (const turn of [away, () => {}, () => {}]) expect(await codeOf(() => read(turn))).toBe('STORE_FAILED')
    expect(await codeOf(() => ledger.prune(0))).toBe('STORE_FAILED')
    proxy.mode = 'pass'
    proxy.reset()
    await expect.poll(() => codeOf(() => read())).toBe('none')
    await expect.poll(() => [pool.totalCount - pool.idleCount, pool.waitingCount]).toEqual([0, 0])
    await pool.end()
  },
)

test('who reads sees one moment, whatever is written meanwhile', async () => {
  const pool = poolForTest()
  const ledger = postgresLedger(pool, { schema: await schemaForTest(pool) })
  const rows = Array.from({ length: 3_000 }, (_, i) => row({ subject: `s${String(i).padStart(4, '0')}` }))
  await ledger.write(batch(...rows))
  const found: bigint[] = []
  for await (const { units } of ledger.read({ bounds: [0, START * 2], where: {}, groupBy: ['subject'] })) {
    if (found.push(units) === 1) await ledger.write(batch(...rows))
  }
  expect(found).toEqual(rows.map(() => 1n))
})

test('many that migrate at once make it once, and a newer version is left alone', async () => {
  const pool = poolForTest({ max: 8 })
  const schema = `usage_once_${process.pid}`
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)))
  const made = await Promise.all(Array.from({ length: 8 }, () => migrate(pool, { schema })))
  expect(made.filter(({ from }) => from === 0)).toHaveLength(1)
  expect(made.filter(({ from, to }) => from === 1 && to === 1)).toHaveLength(7)
  await pool.query(`INSERT INTO ${schema}.migrations (version) VALUES (2)`)
  expect(await codeOf(() => migrate(pool, { schema }))).toBe('STORE_FAILED')
})

test('a migration that fails changes nothing, and a database that is not UTF8 is refused', async () => {
  const pool = poolForTest()
  const schema = `usage_failing_${process.pid}`
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)))
  await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.batches (theirs int)`)
  await expect(migrate(pool, { schema })).rejects.toMatchObject({
    code: 'STORE_FAILED',
    cause: { code: '42P07' },
  })
  const { rows } = await pool.query(`SELECT to_regclass('${schema}.usage') AS usage`)
  expect(rows).toEqual([{ usage: null }])

  const database = `usage_latin_${process.pid}`
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
  const ledger = postgresLedger(poolForTest(), { schema: 'usage_none' })
  const fix = expect.stringContaining('migrate()')
  await expect(ledger.write(batch(row()))).rejects.toMatchObject({ code: 'STORE_FAILED', fix })
  const read = ledger.read({ bounds: [0, START], where: {}, groupBy: [] })
  await expect(all(read)).rejects.toMatchObject({ code: 'STORE_FAILED', fix })
  await expect(ledger.prune(0)).rejects.toMatchObject({ code: 'STORE_FAILED', fix })
})

test('ids of batches are forgotten after a week, some with each write', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  await pool.query(
    `INSERT INTO ${schema}.batches VALUES ('old', now() - interval '8 days'), ('young', now() - interval '6 days')`,
  )
  const one = batch(row())
  await postgresLedger(pool, { schema }).write(one)
  const { rows } = await pool.query(`SELECT id FROM ${schema}.batches ORDER BY id`)
  expect(rows).toEqual([{ id: one.id }, { id: 'young' }])
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
  expect(() => postgresLedger(pool, options as object)).toThrow(expect.objectContaining({ option }))
})
