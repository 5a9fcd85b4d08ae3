import { once } from 'node:events'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { Change } from '../../src/registry/registry.ts'
import { migrate, sqliteRegistry } from '../../src/sqlite.ts'
import { expectConsistent } from './model.ts'
import { allChanges, codeOf, openDatabase, startWriter, temporaryFolder } from './support.ts'

const FIRST: Change = { type: 'plans.replaced', default: 'free', plans: { free: { daily: 1 }, pro: {} } }
const BY = { actor: 'ann', revision: 0 }

test('a file that another process holds: calls fail in time, nothing is written, and later they work', async () => {
  const place = join(temporaryFolder(), 'registry.db')
  const database = openDatabase(place, { timeout: 20 })
  migrate(database)
  const registry = sqliteRegistry(database)
  const holder = startWriter({ kind: 'sqlite', place, holds: true })
  await once(holder.child, 'message')
  await expect(registry.write(FIRST, BY)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    cause: { code: 'SQLITE_BUSY' },
  })
  expect(await codeOf(() => migrate(database))).toBe('STORE_FAILED')
  expect((await registry.plans()).revision).toBe(0)
  holder.child.kill('SIGKILL')
  await holder.ended
  expect(await registry.write(FIRST, BY)).toBe(1)
})

test('in a transaction of others nothing is written', async () => {
  const database = openDatabase()
  migrate(database)
  const registry = sqliteRegistry(database)
  database.exec('BEGIN')
  expect(await codeOf(() => registry.write(FIRST, BY))).toBe('STORE_FAILED')
  database.exec('ROLLBACK')
  expect(await registry.write(FIRST, BY)).toBe(1)
})

test('a write that fails in the middle leaves nothing', async () => {
  const database = openDatabase()
  migrate(database)
  const registry = sqliteRegistry(database)
  await registry.write(FIRST, BY)
  database.exec(`CREATE TRIGGER fails BEFORE INSERT ON headgate_registry_changes WHEN NEW.actor = 'bob'
    BEGIN SELECT raise(ABORT, 'full'); END`)
  const change: Change = { ...FIRST, plans: { free: { daily: 2 } } }
  expect(await codeOf(() => registry.write(change, { actor: 'bob', revision: 1 }))).toBe('STORE_FAILED')
  expect((await registry.plans()).plans).toEqual(FIRST.plans)
  expect(await registry.write(change, { actor: 'ann', revision: 1 })).toBe(2)
  await expectConsistent(registry)
})

test.each([0, 1])('it makes no difference whether foreign keys are checked: %i', async (on) => {
  const database = openDatabase()
  database.pragma(`foreign_keys = ${on}`)
  migrate(database)
  const registry = sqliteRegistry(database)
  await registry.write(FIRST, BY)
  const by = { actor: 'ann', revision: 1 }
  await registry.write({ type: 'subject.set', subject: 'acme', assignment: { plan: 'pro' } }, by)
  expect(await codeOf(() => registry.write({ type: 'plan.deleted', plan: 'pro' }, by))).toBe('PLAN_IN_USE')
  const lost: Change = { type: 'subject.set', subject: 'acme', assignment: { plan: 'gold' } }
  expect(await codeOf(() => registry.write(lost, by))).toBe('UNKNOWN_PLAN')
  const fewer: Change = { ...FIRST, plans: { free: {} } }
  expect(await codeOf(() => registry.write(fewer, by))).toBe('PLAN_IN_USE')
  await registry.write({ type: 'subject.deleted', subject: 'acme' }, by)
  await registry.write({ type: 'plans.replaced', default: 'pro', plans: { pro: {} } }, by)
  await expectConsistent(registry)
})

test('migrations run once, what is there stays, and a newer version is left alone', async () => {
  const database = openDatabase()
  expect(migrate(database)).toEqual({ from: 0, to: 1 })
  await sqliteRegistry(database).write(FIRST, BY)
  expect(migrate(database)).toEqual({ from: 1, to: 1 })
  expect((await sqliteRegistry(database).plans()).revision).toBe(1)
  migrate(database, { table: 'other' })
  expect((await sqliteRegistry(database, { table: 'other' }).plans()).revision).toBe(0)
  const tables = database
    .prepare("SELECT name, strict FROM pragma_table_list WHERE name LIKE 'other%' OR name LIKE 'headgate%'")
    .all() as { name: string; strict: number }[]
  expect(tables).toHaveLength(10)
  expect(tables.filter(({ strict }) => strict === 0)).toEqual([])
  database.exec("INSERT INTO headgate_registry_migrations VALUES (2, 'later')")
  expect(() => migrate(database)).toThrow(
    expect.objectContaining({ code: 'STORE_FAILED', fix: expect.stringContaining('@headgate/server') }),
  )
})

test('a migration that fails changes nothing, and a database that is not UTF-8 is refused', () => {
  const database = openDatabase()
  database.exec('CREATE TABLE headgate_registry_changes (theirs)')
  expect(() => migrate(database)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all()
  expect(tables).toEqual(['headgate_registry_changes'])
  const wide = openDatabase()
  wide.pragma("encoding = 'UTF-16'")
  expect(() => migrate(wide)).toThrow(expect.objectContaining({ fix: expect.stringContaining('UTF-8') }))
})

test('without a migration it says what to do', async () => {
  const registry = sqliteRegistry(openDatabase())
  const says = { code: 'STORE_FAILED', fix: expect.stringContaining('migrate() of @headgate/server/sqlite') }
  await expect(registry.plans()).rejects.toMatchObject(says)
  await expect(registry.subject('acme')).rejects.toMatchObject(says)
  await expect(registry.subjects({ limit: 1 })).rejects.toMatchObject(says)
  await expect(registry.changes({ limit: 1 })).rejects.toMatchObject(says)
  await expect(registry.write(FIRST, BY)).rejects.toMatchObject(says)
})

test('how the database gives its numbers doesn’t matter', async () => {
  const database = openDatabase()
  database.defaultSafeIntegers(true)
  expect(migrate(database)).toEqual({ from: 0, to: 1 })
  const registry = sqliteRegistry(database)
  expect(await registry.write(FIRST, BY)).toBe(1)
  const by = { actor: 'ann', revision: 1 }
  await registry.write({ type: 'subject.set', subject: 'acme', assignment: { plan: 'pro' } }, by)
  await expect(registry.write({ type: 'plan.deleted', plan: 'pro' }, by)).rejects.toThrow(
    '1 subject is on it',
  )
  await expectConsistent(registry)
})

test('an id far beyond 2^31 is one too', async () => {
  const database = openDatabase()
  migrate(database)
  database.exec(`UPDATE headgate_registry_head SET last_id = ${2 ** 52}`)
  const registry = sqliteRegistry(database)
  expect(await registry.write(FIRST, BY)).toBe(2 ** 52 + 1)
  expect((await registry.plans()).revision).toBe(2 ** 52 + 1)
  expect(await registry.changes({ after: 2 ** 52, limit: 5 })).toHaveLength(1)
  expect(await registry.changes({ after: 2 ** 52 + 1, limit: 5 })).toHaveLength(0)
  expect(await allChanges(registry)).toHaveLength(1)
})

test.each([
  [undefined, {}, 'database'],
  [{}, {}, 'database'],
  [':memory:', { table: 'a"b' }, 'table'],
  [':memory:', { table: 'sqlite_x' }, 'table'],
  [':memory:', { table: 'a'.repeat(49) }, 'table'],
])('options that can’t be meant are refused: %j %j', (given, options, option) => {
  const database = (given === ':memory:' ? openDatabase() : given) as Database.Database
  const refused = expect.objectContaining({ code: 'INVALID_OPTION', option })
  expect(() => sqliteRegistry(database, options)).toThrow(refused)
  expect(() => migrate(database, options)).toThrow(refused)
})
