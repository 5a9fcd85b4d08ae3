import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createLimiter, fixedWindow, HeadgateError, slidingLog, tokenBucket } from '@headgate/core'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkNodeApi, openFile } from '../src/database.ts'
import { sqliteStore } from '../src/index.ts'
import { ask, START, temporaryFile, thrownBy } from './support.ts'

test.each(['9', undefined])('a Node whose Node-API is %s is told so before it crashes', (version) => {
  const fix = expect.stringContaining('22.14')
  expect(thrownBy(() => checkNodeApi(version))).toMatchObject({ code: 'STORE_FAILED', fix })
})

test('what is used outlives the store', async () => {
  const file = temporaryFile()
  const limits = [
    tokenBucket({ capacity: 3, refill: 1, per: '1h' }),
    fixedWindow({ limit: 3, window: '1h' }),
    slidingLog({ limit: 3, window: '1h' }),
  ]
  const first = sqliteStore({ file })
  const taken = first.decideSync(
    limits.map((limit, i) => ask(`${i}`, 3, limit)),
    START,
  )
  expect(taken.results.every(({ allowed }) => allowed)).toBe(true)
  await first.close()

  const second = sqliteStore({ file })
  const seen = second.decideSync(
    limits.map((limit, i) => ask(`${i}`, 1, limit)),
    START,
  )
  expect(seen.results.map(({ allowed }) => allowed)).toEqual([false, false, false])
  expect(seen.results.map(({ cells }) => Array.from(cells))).toEqual(
    taken.results.map(({ cells }) => Array.from(cells)),
  )
  await second.close()
})

test('the table is strict, legible, and in a file in WAL mode', async () => {
  const file = temporaryFile()
  const store = sqliteStore({ file })
  store.decideSync([ask('user')], START)
  const reader = new Database(file, { readonly: true })
  onTestFinished(() => void reader.close())
  expect(reader.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(reader.prepare("SELECT strict, wr FROM pragma_table_list('headgate_states')").get()).toEqual({
    strict: 1,
    wr: 1,
  })
  expect(reader.prepare('SELECT * FROM headgate_states').all()).toEqual([
    {
      key: '4:test4:user',
      units: 'window',
      cells: `[${START},${START + 1_000_000},1]`,
      expires_at: START + 61_000_000,
    },
  ])
  await store.close()
})

test.each([
  { durable: false, synchronous: 1 },
  { durable: true, synchronous: 2 },
])('durable: $durable is synchronous = $synchronous', ({ durable, synchronous }) => {
  const database = openFile(temporaryFile(), durable, 100)
  onTestFinished(() => void database.close())
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous })
})

test('the greatest debt there can be is kept', async () => {
  const store = sqliteStore({ file: ':memory:' })
  const { rule } = ask('user', 1, tokenBucket({ capacity: 1, refill: 1, per: '1h' }))
  await store.adjust([{ scope: 'test', id: 'user', rule, units: Number.MAX_SAFE_INTEGER }], START)
  expect(store.decideSync([{ scope: 'test', id: 'user', rule, cost: 1 }], START).results[0]?.allowed).toBe(
    false,
  )
})

describe('a database that is given', () => {
  test('keeps its pragmas and stays open', async () => {
    const file = temporaryFile()
    const database = new Database(file)
    database.pragma('synchronous = OFF')
    const store = sqliteStore({ database })
    expect((await store.decide([ask('user')], START)).results[0]?.allowed).toBe(true)
    await store.close()
    expect(database.open).toBe(true)
    expect(database.pragma('journal_mode', { simple: true })).toBe('delete')
    expect(database.pragma('synchronous', { simple: true })).toBe(0)
    database.close()
  })

  test('may hold several stores, each with its table', async () => {
    const database = new Database(':memory:')
    const a = sqliteStore({ database, table: 'a' })
    const b = sqliteStore({ database, table: 'select' })
    expect(a.decideSync([ask('user', 3)], START).results[0]?.allowed).toBe(true)
    expect(b.decideSync([ask('user', 3)], START).results[0]?.allowed).toBe(true)
    expect(a.decideSync([ask('user', 1)], START).results[0]?.allowed).toBe(false)
  })

  test('may give its integers as bigints', async () => {
    const database = new Database(':memory:')
    database.defaultSafeIntegers(true)
    const store = sqliteStore({ database })
    for (let i = 0; i < 100; i++) store.decideSync([ask(`user-${i}`)], START + i * 1_000_000)
    expect(store.decideSync([ask('user-99', 3)], START + 99_000_000).results[0]?.allowed).toBe(false)
    expect(() => sqliteStore({ database })).not.toThrow()
  })

  test('may be closed too early', async () => {
    const database = new Database(':memory:')
    const store = sqliteStore({ database })
    database.close()
    await expect(store.decide([ask('user')], START)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(thrownBy(() => store.decideSync([ask('user')], START)).code).toBe('STORE_FAILED')
  })
})

describe('migrations', () => {
  test('run once, and what ran is written down', async () => {
    const file = temporaryFile()
    for (let i = 0; i < 2; i++) await sqliteStore({ file }).close()
    const database = new Database(file)
    onTestFinished(() => void database.close())
    const rows = database.prepare('SELECT version FROM headgate_states_migrations').all()
    expect(rows).toEqual([{ version: 1 }])
  })

  test('refuse a table of a later release', async () => {
    const file = temporaryFile()
    await sqliteStore({ file }).close()
    const database = new Database(file)
    database.exec("INSERT INTO headgate_states_migrations VALUES (99, 'later')")
    database.close()
    const error = thrownBy(() => sqliteStore({ file }))
    expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('version 99') })
  })
})

describe('a file that cannot be used', () => {
  const cases: [name: string, make: (file: string) => string][] = [
    ['in no folder', (file) => join(file, 'none', 'limits.db')],
    ['that is a folder', (file) => dirname(file)],
    [
      'that is no database',
      (file) => {
        writeFileSync(file, 'Dear diary, '.repeat(1_000))
        return file
      },
    ],
  ]
  test.each(cases)('%s', (_name, make) => {
    const file = make(temporaryFile())
    const error = thrownBy(() => sqliteStore({ file, busyTimeout: 50 }))
    expect(error).toBeInstanceOf(HeadgateError)
    expect(error).toMatchObject({ code: 'STORE_FAILED', option: 'file', value: file })
    expect(error.cause).toBeInstanceOf(Error)
  })
})

test.each([
  [{}, 'file'],
  [{ file: '' }, 'file'],
  [{ file: 7 }, 'file'],
  [{ file: ':memory:', database: new Database(':memory:') }, 'file'],
  [{ database: {} }, 'database'],
  [{ file: ':memory:', table: 'a"; DROP TABLE b; --' }, 'table'],
  [{ file: ':memory:', table: 'sqlite_a' }, 'table'],
  [{ file: ':memory:', table: '' }, 'table'],
  [{ file: ':memory:', busyTimeout: -1 }, 'busyTimeout'],
  [{ file: ':memory:', busyTimeout: Number.NaN }, 'busyTimeout'],
])('rejects the options %o', (options, option) => {
  const error = thrownBy(() => sqliteStore(options as unknown as Parameters<typeof sqliteStore>[0]))
  expect(error).toMatchObject({ name: 'HeadgateError', code: 'INVALID_OPTION', option })
})

describe('closing', () => {
  test('answers first what waits', async () => {
    const file = temporaryFile()
    const store = sqliteStore({ file })
    const waiting = store.decide([ask('user', 3)], START)
    await store.close()
    expect((await waiting).results[0]?.allowed).toBe(true)
    const again = sqliteStore({ file })
    expect(again.decideSync([ask('user')], START).results[0]?.allowed).toBe(false)
    await again.close()
  })

  test('twice is once, and later calls are told', async () => {
    const store = sqliteStore({ file: ':memory:' })
    await store.close()
    await store.close()
    const closed = { name: 'HeadgateError', code: 'STORE_CLOSED' }
    await expect(store.decide([ask('user')])).rejects.toMatchObject(closed)
    await expect(store.adjust([])).rejects.toMatchObject(closed)
    await expect(store.delete([])).rejects.toMatchObject(closed)
    expect(thrownBy(() => store.decideSync([ask('user')]))).toMatchObject(closed)
    expect(thrownBy(() => store.adjustSync([]))).toMatchObject(closed)
    expect(thrownBy(() => store.deleteSync([]))).toMatchObject(closed)
  })
})

test('a limiter at this store has the verbs that answer at once', async () => {
  const store = sqliteStore({ file: ':memory:' })
  const limiter = createLimiter({ store, limits: { ten: fixedWindow({ limit: 10, window: '1h' }) } })
  expect(limiter.consumeSync('user', { cost: 4, now: START }).remaining).toBe(6)
  expect((await limiter.consume('user', { now: START })).remaining).toBe(5)
  limiter.resetSync('user')
  expect(limiter.peekSync('user', { now: START }).remaining).toBe(10)
})
