import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { createUsage } from '../src/index.ts'
import { migrate, sqliteLedger } from '../src/sqlite.ts'
import { batch, codeOf, row, START, temporaryFile, unitsIn, writeByProcesses } from './support.ts'

function open(file: string = ':memory:', options: Database.Options = {}): Database.Database {
  const database = new Database(file, options)
  onTestFinished(() => void database.close())
  return database
}

test('six processes that make and write one fresh file at once add up exactly', async () => {
  const file = temporaryFile()
  const ends = await writeByProcesses(6, ['sqlite', file, '3000'])
  expect(ends).toEqual(new Array(6).fill([0, '']))
  // Each of 3,000 times one unit of its own, of one that all share, and two that were refused.
  const database = open(file)
  const sums = database
    .prepare('SELECT sum(units) AS units, sum(denied_units) AS denied FROM headgate_usage')
    .get()
  expect(sums).toEqual({ units: 6 * 3_000 * 2, denied: 6 * 3_000 * 2 })
})

test('migrations run once, what is there stays, and a newer version is left alone', async () => {
  const database = open()
  expect(migrate(database)).toEqual({ from: 0, to: 1 })
  await sqliteLedger(database).write(batch(row()))
  expect(migrate(database)).toEqual({ from: 1, to: 1 })
  expect(await unitsIn(sqliteLedger(database))).toBe(1n)
  migrate(database, { table: 'other' })
  expect(await unitsIn(sqliteLedger(database, { table: 'other' }))).toBe(0n)
  database.exec("INSERT INTO headgate_usage_migrations VALUES (2, 'later')")
  expect(await codeOf(() => migrate(database))).toBe('STORE_FAILED')
})

test('a migration that fails changes nothing', async () => {
  const database = open()
  database.exec('CREATE TABLE headgate_usage_batches (theirs)')
  expect(await codeOf(() => migrate(database))).toBe('STORE_FAILED')
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  expect(tables).toEqual([{ name: 'headgate_usage_batches' }])
})

test('without a migration it says what to do, and counts are kept until then', async () => {
  const database = open()
  const usage = createUsage({ ledger: sqliteLedger(database), onError: () => {} })
  usage.record({ subject: 'acme' })
  await expect(usage.flush()).rejects.toMatchObject({
    code: 'STORE_FAILED',
    fix: expect.stringContaining('migrate()'),
  })
  migrate(database)
  await usage.close()
  expect(await unitsIn(sqliteLedger(database))).toBe(1n)
})

test('a file that somebody holds, and a transaction of others: nothing is written, and nothing is lost', async () => {
  const file = temporaryFile()
  const database = open(file, { timeout: 20 })
  migrate(database)
  const ledger = sqliteLedger(database)
  const usage = createUsage({ ledger, onError: () => {} })
  usage.record({ subject: 'acme' })
  const other = open(file)
  other.exec('BEGIN IMMEDIATE')
  await expect(usage.flush()).rejects.toMatchObject({ code: 'STORE_FAILED', cause: { code: 'SQLITE_BUSY' } })
  other.exec('ROLLBACK')
  database.exec('BEGIN')
  expect(await codeOf(() => usage.flush())).toBe('STORE_FAILED')
  database.exec('ROLLBACK')
  expect(await unitsIn(ledger)).toBe(0n)
  await usage.close()
  expect(await unitsIn(ledger)).toBe(1n)
})

test('a write that fails in the middle leaves nothing of its batch, its id included', async () => {
  const database = open()
  migrate(database)
  const ledger = sqliteLedger(database)
  const broken = batch(row(), row({ subject: null as never }))
  expect(await codeOf(() => ledger.write(broken))).toBe('STORE_FAILED')
  expect(await unitsIn(ledger)).toBe(0n)
  await ledger.write({ ...broken, rows: [row()] })
  expect(await unitsIn(ledger)).toBe(1n)
})

test('ids of batches are forgotten after a week, some with each write', async () => {
  const database = open()
  migrate(database)
  const ledger = sqliteLedger(database)
  for (const [id, days] of Object.entries({ old: 8, young: 6 })) {
    database
      .prepare('INSERT INTO headgate_usage_batches VALUES (?, ?)')
      .run(id, BigInt(Date.now() - days * 86_400_000))
  }
  const one = batch(row())
  await ledger.write(one)
  const ids = database.prepare('SELECT id FROM headgate_usage_batches ORDER BY id').pluck().all()
  expect(ids).toEqual([one.id, 'young'])
})

test('how the database gives its numbers doesn’t matter', async () => {
  const database = open()
  database.defaultSafeIntegers(true)
  expect(migrate(database)).toEqual({ from: 0, to: 1 })
  const ledger = sqliteLedger(database)
  const one = batch(row({ units: 2n ** 60n }))
  await ledger.write(one)
  await ledger.write(one)
  expect(await unitsIn(ledger)).toBe(2n ** 60n)
  expect(await ledger.prune(START + 1)).toBe(1)
})

test.each([
  [undefined, {}, 'database'],
  [{}, {}, 'database'],
  [':memory:', { table: 'a"b' }, 'table'],
  [':memory:', { table: 'sqlite_x' }, 'table'],
])('options that can’t be meant are refused: %j %j', (given, options, option) => {
  const database = (given === ':memory:' ? open() : given) as Database.Database
  const refused = expect.objectContaining({ code: 'INVALID_OPTION', option })
  expect(() => sqliteLedger(database, options)).toThrow(refused)
  expect(() => migrate(database, options)).toThrow(refused)
})
