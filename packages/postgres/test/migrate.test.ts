import { expect, inject, onTestFinished, test } from 'vitest'
import { migrate, postgresStore } from '../src/index.ts'
import { ask, poolForTest, START } from './support.ts'

test('many at once on a fresh database make it once', { timeout: 30_000 }, async () => {
  const pool = poolForTest({ max: 16 })
  const schema = `many_${process.pid}`
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA ${schema} CASCADE`)))
  const made = await Promise.all(Array.from({ length: 16 }, () => migrate({ pool, schema })))
  expect(made.filter(({ from }) => from === 0)).toHaveLength(1)
  expect(made.filter(({ from, to }) => from === to)).toHaveLength(15)
  const { rows } = await pool.query(`SELECT version FROM ${schema}.migrations ORDER BY version`)
  expect(rows.map(({ version }) => version)).toEqual([1, 2])
})

test('a migration that fails changes nothing, and gives its connection back in order', async () => {
  const pool = poolForTest({ max: 1 })
  const schema = `failing_${process.pid}`
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA ${schema} CASCADE`)))
  // Something of theirs is in the way.
  await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.states (theirs int)`)
  await expect(migrate({ pool, schema })).rejects.toMatchObject({
    code: 'STORE_FAILED',
    cause: { code: '42P07' },
  })
  const { rows } = await pool.query(`SELECT to_regclass('${schema}.migrations') AS ledger`)
  expect(rows).toEqual([{ ledger: null }])
  await pool.query(`DROP TABLE ${schema}.states`)
  expect(await migrate({ pool, schema })).toEqual({ from: 0, to: 2 })
})

test('unlogged is as it was told last, and what is used stays', async () => {
  const pool = poolForTest()
  const schema = `unlogged_${process.pid}`
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA ${schema} CASCADE`)))
  const store = postgresStore({ pool, schema })
  const persistence = async () =>
    (
      await pool.query('SELECT relpersistence AS p FROM pg_class WHERE oid = $1::regclass', [
        `${schema}.states`,
      ])
    ).rows[0].p
  await migrate({ pool, schema, unlogged: true })
  expect(await persistence()).toBe('u')
  await store.decide([ask('a', 3)], START)
  await migrate({ pool, schema })
  expect(await persistence()).toBe('u')
  await migrate({ pool, schema, unlogged: false })
  expect(await persistence()).toBe('p')
  expect((await store.decide([ask('a')], START)).results[0]?.allowed).toBe(false)
})

test('a database that is not UTF8 is refused', async () => {
  const pool = poolForTest()
  const database = `latin_${process.pid}`
  await pool.query(`CREATE DATABASE ${database} ENCODING 'LATIN1' TEMPLATE template0`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = database
  const latin = poolForTest({ connectionString: url.href })
  await expect(migrate({ pool: latin })).rejects.toMatchObject({
    code: 'STORE_FAILED',
    fix: expect.stringContaining('UTF8'),
  })
})

test('options that cannot be meant are refused', async () => {
  const pool = poolForTest()
  for (const [options, option] of [
    [{}, 'pool'],
    [{ pool, schema: 'x;' }, 'schema'],
    [{ pool, unlogged: 'yes' }, 'unlogged'],
  ] as const) {
    await expect(migrate(options as never)).rejects.toMatchObject({ code: 'INVALID_OPTION', option })
  }
})
