import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, test } from 'vitest'
import { migrate as migratePostgres, postgresRegistry } from '../../src/postgres.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { migrate as migrateSqlite, sqliteRegistry } from '../../src/sqlite.ts'
import { expectConsistent } from './model.ts'
import {
  openDatabase,
  poolForTest,
  schemaName,
  startWriter,
  temporaryFolder,
  type WriterTask,
} from './support.ts'

interface Shared {
  readonly task: WriterTask
  /** Migrates too, as the writers do. */
  readonly open: () => Promise<Registry>
}

const SHARED: readonly { readonly name: string; readonly share: () => Shared }[] = [
  {
    name: 'sqlite',
    share() {
      const place = join(temporaryFolder(), 'registry.db')
      const database = openDatabase(place, { timeout: 60_000 })
      return {
        task: { kind: 'sqlite', place },
        async open() {
          migrateSqlite(database)
          return sqliteRegistry(database)
        },
      }
    },
  },
  {
    name: 'postgres',
    share() {
      const pool = poolForTest()
      const schema = schemaName(pool)
      return {
        task: { kind: 'postgres', place: inject('postgresUrl'), schema },
        async open() {
          await migratePostgres(pool, { schema })
          return postgresRegistry(pool, { schema })
        },
      }
    },
  },
]

describe.each(SHARED)('$name', ({ share }) => {
  test('six processes that make and write one registry at once: as if one after the other, also for who follows', async () => {
    const { task, open } = share()
    const writers = Array.from({ length: 6 }, () => startWriter({ ...task, times: 60 }))
    const registry = await open()
    let isOver = false
    const ended = Promise.all(writers.map((writer) => writer.ended)).then((ends) => {
      isOver = true
      return ends
    })
    const seen: number[] = []
    for (let last = false; ; ) {
      const page = await registry.changes({ after: seen.at(-1) ?? 0, limit: 5 })
      seen.push(...page.map(({ id }) => id))
      if (last && page.length === 0) break
      last = isOver
      await sleep(0)
    }
    expect(await ended).toEqual(new Array(6).fill([0, '']))

    const changes = await expectConsistent(registry)
    const ids = changes.map(({ id }) => id)
    expect(ids).toHaveLength(360)
    expect(seen).toEqual(ids)
    expect(writers.flatMap((writer) => writer.ids).toSorted((a, b) => a - b)).toEqual(ids)

    // Whoever changed the plans had seen all that was changed of them before.
    let revision = 0
    for (const { id, change } of changes) {
      if ('subject' in change) continue
      if (change.type === 'plan.set') expect(change.options.daily).toBe(revision)
      if (change.type === 'plans.replaced')
        expect(Object.values(change.plans).map(({ daily }) => daily)).toContain(revision)
      revision = id
    }
  })

  test('kill −9 in the middle leaves all of a change or nothing, and nothing that was told is lost', async () => {
    const { task, open } = share()
    const registry = await open()
    const told: number[] = []
    for (let round = 0; round < 3; round++) {
      const writers = [1, 2].map(() => startWriter(task))
      for (const { child, ids } of writers) {
        child.on('message', () => {
          if (ids.length >= 15 + 3 * round) child.kill('SIGKILL')
        })
      }
      expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual([
        [null, ''],
        [null, ''],
      ])
      told.push(...writers.flatMap(({ ids }) => ids))
      const ids = (await expectConsistent(registry)).map(({ id }) => id)
      expect(ids).toEqual(expect.arrayContaining(told))
    }
  })
})
