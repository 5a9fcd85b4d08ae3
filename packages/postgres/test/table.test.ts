import { fixedWindow, tokenBucket } from '@headgate/core'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { postgresStore } from '../src/index.ts'
import { ask, poolForTest, schemaForTest } from './support.ts'

const plenty = tokenBucket({ capacity: 1_000_000, refill: 1_000_000, per: '1d' })
const window = fixedWindow({ limit: 1_000_000, window: '365d' })

test('what is written again finds room beside the old: updates are HOT', { timeout: 30_000 }, async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const own = new pg.Pool({ connectionString: inject('postgresUrl') })
  const store = postgresStore({ pool: own, schema })
  for (let round = 0; round < 30; round++) {
    await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        store.decide([ask(`key ${i}`, 1, i % 2 === 0 ? plenty : window)]),
      ),
    )
  }
  await store.close()
  // A connection that ends says what it did.
  await own.end()
  await expect
    .poll(
      async () => {
        const { rows } = await pool.query(
          'SELECT n_tup_upd::int AS all, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = $2',
          [schema, 'states'],
        )
        const [{ all, hot }] = rows
        return all > 8_000 ? hot / all : 0
      },
      { timeout: 15_000 },
    )
    .toBeGreaterThan(0.95)
})

test('a row is put there with something to spare, which every way of writing it again leaves out', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema, maxInFlight: 1 })
  const spare = async () =>
    (await pool.query(`SELECT spare IS NOT NULL AS there FROM ${schema}.states`)).rows.map(
      ({ there }) => there,
    )
  const alone = () => store.decide([ask('alone', 1, plenty)])
  const several = () => ['a', 'b'].map((id) => store.decide([ask(id, 1, plenty)]))
  const other = () => store.decide([ask('other', 1, window)])
  await alone()
  await Promise.all(several())
  expect(await spare()).toEqual([true, true, true])
  await alone()
  await Promise.all(several())
  await other()
  await other()
  expect(await spare()).toEqual([false, false, false, false])
})

/** The sweep itself, of all pages. */
async function sweepAll(pool: ReturnType<typeof poolForTest>, schema: string): Promise<void> {
  for (let page = 0; page < 200; page += 16) await pool.query(`SELECT ${schema}.sweep($1, 16)`, [page])
}

test('the sweep drops what has expired, passes by what is in use, and leaves what counts', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema })
  await Promise.all(
    Array.from({ length: 600 }, (_, i) => store.decide([ask(`${i < 300 ? 'old' : 'live'} ${i}`, 1, plenty)])),
  )
  await pool.query(`UPDATE ${schema}.states SET expires_at = 0 WHERE key LIKE '%old%'`)
  const holder = await pool.connect()
  await holder.query('BEGIN')
  const held = "key LIKE '%old 7%'"
  const { rowCount } = await holder.query(`SELECT 1 FROM ${schema}.states WHERE ${held} FOR UPDATE`)
  await sweepAll(pool, schema)
  const count = async (where: string) =>
    Number((await pool.query(`SELECT count(*) FROM ${schema}.states WHERE ${where}`)).rows[0].count)
  expect(await count(held)).toBe(rowCount)
  expect(await count("key LIKE '%old%'")).toBe(rowCount)
  expect(await count("key LIKE '%live%'")).toBe(300)
  await holder.query('COMMIT')
  holder.release()
  await sweepAll(pool, schema)
  expect(await count("key LIKE '%old%'")).toBe(0)
  await store.close()
})

test('a store whose keys come and go sweeps by itself', { timeout: 30_000 }, async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema })
  await pool.query(
    `INSERT INTO ${schema}.states SELECT 'gone ' || n, 'window', '{1,2,3}', 1 FROM generate_series(1, 3000) AS n`,
  )
  for (let i = 0; i < 30_000; i += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, n) => store.decide([ask(`new ${i + n}`, 1, window)])))
  }
  await store.close()
  const { rows } = await pool.query(
    `SELECT count(*)::int AS gone FROM ${schema}.states WHERE key LIKE 'gone%'`,
  )
  expect(rows[0].gone).toBe(0)
})

test('what a call with a time of its own wrote outlives its own past', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema })
  const then = Date.UTC(2015, 0, 1) * 1_000
  const short = fixedWindow({ limit: 1, window: '1s' })
  const bucket = tokenBucket({ capacity: 1, refill: 1, per: '1s' })
  const take = async () => {
    const answers = await Promise.all([
      store.decide([ask('window', 1, short)], then),
      store.decide([ask('both 1', 1, short), ask('both 2', 1, bucket)], then),
    ])
    const alone = await store.decide([ask('bucket', 1, bucket)], then)
    return [...answers, alone].map(({ results }) => results[0]?.allowed)
  }
  // A bucket that is there already goes the short way.
  await store.decide(
    [ask('bucket', 1, tokenBucket({ capacity: 1, refill: 1, per: '1s' }))],
    then - 3_600_000_000,
  )
  expect(await take()).toEqual([true, true, true])
  await sweepAll(pool, schema)
  expect(await take()).toEqual([false, false, false])
  const { rows } = await pool.query(
    `SELECT min(expires_at) / 1000000 - extract(epoch FROM clock_timestamp())::int AS seconds FROM ${schema}.states`,
  )
  expect(Number(rows[0].seconds)).toBeGreaterThan(86_400)
  await store.close()
})

test('what is written by the clock stays until it counts for nothing, and a minute more', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema })
  const bucket = tokenBucket({ capacity: 100, refill: 1, per: '1s' })
  await store.decide([ask('a', 10, bucket)])
  await store.decide([ask('a', 10, bucket)])
  const { rows } = await pool.query(
    `SELECT expires_at / 1000000 - extract(epoch FROM clock_timestamp())::int AS seconds FROM ${schema}.states`,
  )
  const seconds = Number(rows[0].seconds)
  expect(seconds).toBeGreaterThanOrEqual(20 + 60 - 2)
  expect(seconds).toBeLessThanOrEqual(20 + 120 + 4)
  await store.close()
})

test('plans that were made when the table was all but empty serve when it is large', {
  timeout: 30_000,
}, async () => {
  const admin = poolForTest({ max: 1 })
  const schema = await schemaForTest(admin)
  await admin.query(`ALTER TABLE ${schema}.states SET (autovacuum_enabled = off)`)
  const pool = new pg.Pool({ connectionString: inject('postgresUrl'), max: 1 })
  const store = postgresStore({ pool, schema })
  const decideAll = async () => {
    await store.decide([ask('bucket', 1, plenty)])
    await store.decide([ask('window 1', 1, window), ask('window 2', 1, window), ask('look', 0, window)])
    await store.decide([ask('too much', 4), ask('new', 1)])
    await pool.query(`SELECT ${schema}.sweep(0, 1)`)
  }
  await store.decide([ask('bucket', 1, plenty)])
  await admin.query(`VACUUM ANALYZE ${schema}.states`)
  for (let i = 0; i < 10; i++) await decideAll()
  await admin.query(
    `INSERT INTO ${schema}.states SELECT 'other ' || n, 'window', '{1,2,3}', 99999999999999999 FROM generate_series(1, 50000) AS n`,
  )
  for (let i = 0; i < 10; i++) await decideAll()
  await store.close()
  await pool.end()
  // A connection that ends says what it did.
  const read = async () => {
    const { rows } = await admin.query(
      `SELECT seq_tup_read::int AS by_row, (SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes AS i WHERE i.relid = t.relid) AS by_key
        FROM pg_stat_user_tables AS t WHERE schemaname = $1 AND relname = 'states'`,
      [schema],
    )
    return rows[0]
  }
  await expect.poll(async () => (await read()).by_key, { timeout: 15_000 }).toBeGreaterThan(100)
  const { by_key, by_row } = await read()
  expect(by_key).toBeLessThan(2_000)
  expect(by_row).toBeLessThan(2_000)
})
