import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openRecords } from '../src/serve/records.ts'
import { tempFolder } from './support.ts'

it('readers of the SQLite file and its writer don’t wait for each other', async () => {
  const file = join(tempFolder(), 'records.db')
  const { registry, close } = await openRecords({ kind: 'sqlite', file })
  const reader = new Database(file)
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM sqlite_schema').get()
  const plans = { free: { daily: 1 } }
  const change = { type: 'plans.replaced', default: 'free', plans } as const
  expect(await registry.write(change, { actor: 'test', revision: 0 })).toBe(1)
  expect(await registry.plans()).toMatchObject({ default: 'free', plans })
  reader.close()
  await close()
})
