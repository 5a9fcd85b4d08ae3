import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type {} from '@headgate/services'
import Database from 'better-sqlite3'
import pg from 'pg'
import { expect, inject, onTestFinished } from 'vitest'
import { migrate as migratePostgres, postgresRegistry } from '../../src/postgres.ts'
import { memoryRegistry } from '../../src/registry/memory-registry.ts'
import type { RecordedChange, Registry, WrittenSubject } from '../../src/registry/registry.ts'
import { migrate as migrateSqlite, sqliteRegistry } from '../../src/sqlite.ts'

/** A folder that goes when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-registry-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function openDatabase(file = ':memory:', options: Database.Options = {}): Database.Database {
  const database = new Database(file, options)
  onTestFinished(() => void database.close())
  return database
}

/** A pool that goes when the test is over. */
export function poolForTest(options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: inject('postgresUrl'), ...options })
  onTestFinished(() => pool.end())
  return pool
}

let schemas = 0

/** A schema of a test's own, which goes when the test is over. */
export async function schemaForTest(pool: pg.Pool): Promise<string> {
  const schema = schemaName(pool)
  await migratePostgres(pool, { schema })
  return schema
}

/** The same, and nobody has made it yet. */
export function schemaName(pool: pg.Pool): string {
  const schema = `registry${process.pid}_${++schemas}`
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)))
  return schema
}

/** Registries that can be written, each with a way to get new ones. */
export const REGISTRIES: readonly {
  readonly name: string
  readonly opener: () => () => Promise<Registry>
}[] = [
  { name: 'memory', opener: () => async () => memoryRegistry() },
  {
    name: 'sqlite',
    opener: () => {
      const database = openDatabase(join(temporaryFolder(), 'registry.db'))
      let tables = 0
      return async () => {
        const table = `registry_${++tables}`
        migrateSqlite(database, { table })
        return sqliteRegistry(database, { table })
      }
    },
  },
  {
    name: 'postgres',
    opener: () => {
      const pool = poolForTest()
      return async () => postgresRegistry(pool, { schema: await schemaForTest(pool) })
    },
  },
]

/** The code of what `work` throws or rejects with; "none" if it doesn't. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** All changes, oldest first. */
export async function allChanges(registry: Registry, limit = 1_000): Promise<RecordedChange[]> {
  const found: RecordedChange[] = []
  for (;;) {
    const page = await registry.changes({ after: found.at(-1)?.id ?? 0, limit })
    expect(found.map(({ id }) => id)).not.toContain(page[0]?.id)
    found.push(...page)
    if (page.length < limit) return found
  }
}

/** All subjects. */
export async function allSubjects(registry: Registry, limit = 1_000): Promise<WrittenSubject[]> {
  const found: WrittenSubject[] = []
  for (;;) {
    const after = found.at(-1)?.subject
    const page = await registry.subjects({ limit, ...(after !== undefined && { after }) })
    expect(found.map(({ subject }) => subject)).not.toContain(page[0]?.subject)
    found.push(...page)
    if (page.length < limit) return found
  }
}

/** What writer.mjs is told. */
export interface WriterTask {
  readonly kind: 'sqlite' | 'postgres'
  readonly place: string
  /** Of PostgreSQL. */
  readonly schema?: string
  /** How many changes; without end unless told. */
  readonly times?: number
  readonly timeout?: number
  /** Only holds the file's lock until it is ended. */
  readonly holds?: boolean
}

export interface Writer {
  readonly child: ChildProcess
  /** The ids of the changes that it has been told of. */
  readonly ids: number[]
  readonly ended: Promise<readonly [code: number | null, complaints: string]>
}

/** Starts a process that writes at random. */
export function startWriter(task: WriterTask): Writer {
  const child = fork(new URL('./writer.mjs', import.meta.url), [JSON.stringify(task)], {
    execArgv: ['--conditions=@headgate/source', '--experimental-strip-types', '--no-warnings'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ids: number[] = []
  child.on('message', (id) => ids.push(id as number))
  const complaints = text(child.stderr as Readable)
  const ended = once(child, 'close').then(async ([code]) => [code, await complaints] as const)
  return { child, ids, ended }
}
