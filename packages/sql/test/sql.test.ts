import type {} from '@headgate/services'
import Database from 'better-sqlite3'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { migrateSchema, onLoan, postgresFailed, schemaOf } from '../src/postgres.ts'
import { migrateTables, sqliteFailed, tableOf, transact } from '../src/sqlite.ts'

// What usage and the service do with these, under kills and cut networks, is in their own tests.

const OWNER = { what: 'notebook', package: '@acme/notebook' }
const NOTES = (place: string) => `CREATE TABLE ${place}.notes (text text NOT NULL)`
const MORE = (place: string) => `ALTER TABLE ${place}.notes ADD COLUMN at bigint`

function poolForTest(database?: string): pg.Pool {
  const url = new URL(inject('postgresUrl'))
  if (database !== undefined) url.pathname = database
  const pool = new pg.Pool({ connectionString: url.href, max: 4 })
  onTestFinished(() => pool.end())
  return pool
}

function schemaForTest(pool: pg.Pool): string {
  const name = `sql_${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`)))
  return schemaOf(pool, name)
}

test('a schema is made once, however many come at once, and goes on from where it was', async () => {
  const pool = poolForTest()
  const schema = schemaForTest(pool)
  const made = await Promise.all([1, 2, 3].map(() => migrateSchema(pool, OWNER, schema, [NOTES])))
  expect(made.map(({ from }) => from).sort()).toEqual([0, 1, 1])
  expect(await migrateSchema(pool, OWNER, schema, [NOTES, MORE])).toEqual({ from: 1, to: 2 })
  await expect(migrateSchema(pool, OWNER, schema, [NOTES])).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('is of version 2, and this release of @acme/notebook knows 1'),
  })
})

test('a migration that fails leaves nothing', async () => {
  const pool = poolForTest()
  const schema = schemaForTest(pool)
  const broken = () => 'CREATE NONSENSE'
  await expect(migrateSchema(pool, OWNER, schema, [NOTES, broken])).rejects.toMatchObject({
    code: 'STORE_FAILED',
  })
  const { rows } = await pool.query('SELECT to_regnamespace($1) AS found', [schema])
  expect(rows).toEqual([{ found: null }])
})

test('a database that can’t keep every text is refused', async () => {
  const admin = poolForTest()
  const name = `ascii_${process.pid}`
  await admin.query(`CREATE DATABASE ${name} ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'`)
  const pool = new pg.Pool({
    connectionString: Object.assign(new URL(inject('postgresUrl')), { pathname: name }).href,
  })
  const migrating = migrateSchema(pool, OWNER, schemaOf(pool, 'notes'), [NOTES])
  await expect(migrating).rejects.toMatchObject({ message: expect.stringContaining('SQL_ASCII') })
  await pool.end()
  await admin.query(`DROP DATABASE ${name}`)
})

test('a connection comes back, whatever becomes of the work', async () => {
  const pool = poolForTest()
  expect(await onLoan(pool, async () => 'done')).toBe('done')
  await expect(onLoan(pool, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  const sleeping = onLoan(pool, (client) => client.query({ text: 'SELECT pg_sleep(60)' }), { timeoutMs: 100 })
  await expect(sleeping).rejects.toThrow('no answer within 100 ms')
  const gone = new AbortController()
  const unwanted = onLoan(pool, (client) => client.query({ text: 'SELECT pg_sleep(0.2)' }), {
    signal: gone.signal,
  })
  gone.abort(new Error('not wanted'))
  await expect(unwanted).rejects.toThrow('not wanted')
  await expect(onLoan(pool, async () => 1, { signal: gone.signal })).rejects.toThrow('not wanted')
  // One that is unwanted goes on until it is done.
  await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0)
  expect(pool.waitingCount).toBe(0)
})

test('tables are made in one transaction, and none within another’s', () => {
  const database = new Database(':memory:')
  const notes = (table: string) => `CREATE TABLE "${table}" (text TEXT NOT NULL) STRICT`
  const table = tableOf(database, 'notes')
  expect(migrateTables(database, OWNER, table, [notes])).toEqual({ from: 0, to: 1 })
  expect(migrateTables(database, OWNER, table, [notes])).toEqual({ from: 1, to: 1 })
  expect(() => migrateTables(database, OWNER, table, [])).toThrow('is of version 1')
  expect(() =>
    migrateTables(database, OWNER, tableOf(database, 'other'), [notes, () => 'NONSENSE']),
  ).toThrow()
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all()
  expect(names).toEqual(['notes', 'notes_migrations'])
  database.exec('BEGIN')
  expect(() => transact(database, OWNER, () => {})).toThrow('a transaction of others is open')
  database.exec('ROLLBACK')
})

test('a SQLite database in which texts have another order is refused', () => {
  const database = new Database(':memory:')
  database.pragma("encoding = 'UTF-16'")
  expect(() => migrateTables(database, OWNER, 'notes', [])).toThrow('UTF-16')
})

test('where the tables aren’t there, the error says what to run', async () => {
  const pool = poolForTest()
  const missing = await pool.query('SELECT * FROM nowhere.notes').catch((error: unknown) => error)
  expect(postgresFailed(OWNER, missing)).toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringMatching(/^The notebook "postgres" failed: /),
    fix: 'Run migrate() of @acme/notebook/postgres first, with the same `schema`',
  })
  const database = new Database(':memory:')
  try {
    database.prepare('SELECT * FROM notes')
    expect.unreachable()
  } catch (error) {
    expect(sqliteFailed(OWNER, error).fix).toBe(
      'Run migrate() of @acme/notebook/sqlite first, with the same `table`',
    )
    expect(sqliteFailed(OWNER, new Error('other')).fix).toBe('See `cause` for the error behind it')
  }
})

test.each(['a"b', '', 'pg_x', 'Ä', 'a b', 'x'.repeat(49), undefined, 5])('refuses the name %j', (name) => {
  const pool = { connect() {}, on() {} } as never
  expect(() => schemaOf(pool, name)).toThrow('`schema` must be a plain name')
  if (name !== 'pg_x')
    expect(() => tableOf(new Database(':memory:'), name)).toThrow('`table` must be a plain name')
  expect(() => schemaOf({} as never, 'a')).toThrow('`pool` must be a pool of pg')
  expect(() => tableOf({} as never, 'a')).toThrow('`database` must be an open better-sqlite3 database')
})
