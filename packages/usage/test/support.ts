import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type {} from '@headgate/services'
import Database from 'better-sqlite3'
import pg from 'pg'
import { inject, onTestFinished } from 'vitest'
import { type Batch, type Ledger, type LedgerRow, memoryLedger } from '../src/index.ts'
import { migrate as migratePostgres, postgresLedger } from '../src/postgres.ts'
import { migrate as migrateSqlite, sqliteLedger } from '../src/sqlite.ts'

/** 2026-01-01, in microseconds. */
export const START: number = Date.UTC(2026, 0, 1) * 1_000
export const QUARTER = 900_000_000

/** A path for a file that goes when the test is over. */
export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-usage-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'usage.db')
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
  const schema = `usage${process.pid}_${++schemas}`
  await migratePostgres(pool, { schema })
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)))
  return schema
}

export const LEDGERS: readonly { readonly name: string; readonly open: () => Promise<Ledger> }[] = [
  { name: 'memory', open: async () => memoryLedger() },
  {
    name: 'sqlite',
    open: async () => {
      const database = new Database(':memory:')
      migrateSqlite(database)
      return sqliteLedger(database)
    },
  },
  {
    name: 'postgres',
    open: async () => {
      const pool = poolForTest()
      return postgresLedger(pool, { schema: await schemaForTest(pool) })
    },
  },
]

/** A row that counts one request of one unit, unless told. */
export function row(change: Partial<LedgerRow> = {}): LedgerRow {
  const counts = { requests: 1n, denied: 0n, units: 1n, deniedUnits: 0n }
  return { slot: START, subject: 'acme', meter: 'requests', plan: '', ...counts, ...change }
}

let batches = 0

export function batch(...rows: LedgerRow[]): Batch {
  return { id: `batch-${++batches}`, rows }
}

export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of rows) found.push(one)
  return found
}

/** All units that a ledger holds of these years. */
export async function unitsIn(ledger: Ledger): Promise<bigint> {
  const [sum] = await all(ledger.read({ bounds: [0, START * 2], where: {}, groupBy: [] }))
  return sum?.units ?? 0n
}

/** The codes of what `work` throws or rejects with; "none" if it doesn't. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** Lets so many processes write at once, as writer.mjs is told, and tells how each ended: its exit code, and what it complained of. */
export function writeByProcesses(
  count: number,
  args: readonly string[],
): Promise<(readonly [unknown, string])[]> {
  const writers = Array.from({ length: count }, () =>
    fork(new URL('./writer.mjs', import.meta.url), args, {
      execArgv: ['--conditions=@headgate/source', '--experimental-strip-types', '--no-warnings'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    }),
  )
  for (const writer of writers) onTestFinished(() => void writer.kill())
  return Promise.all(
    writers.map(
      async (writer) => [(await once(writer, 'exit'))[0], await text(writer.stderr as Readable)] as const,
    ),
  )
}
