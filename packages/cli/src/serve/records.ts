import { setTimeout as sleep } from 'node:timers/promises'
import { HeadgateError } from '@headgate/core'
import type { Registry } from '@headgate/server'
import type { Ledger } from '@headgate/usage'
import { migrateRecordsOn } from '../migrate/schemas.ts'
import { reasonOf } from './log.ts'
import type { ServeOptions } from './options.ts'

/** Where plans and usage are kept. */
export interface Records {
  readonly registry: Registry
  readonly ledger: Ledger
  /** From now on there are requests, which wait for whatever waits here. */
  hurry(): void
  close(): Promise<void>
}

/** Milliseconds for which another process may keep a SQLite file to itself when this one begins. */
const BUSY_MS = 5_000
/** The same later, when whoever asks for anything at all has to wait as long. What isn't written then is tried again. */
const ASKED_MS = 100

/** Opens a SQLite file or a PostgreSQL database, brought up to date. */
export async function openRecords(where: ServeOptions['records']): Promise<Records> {
  if (where.kind === 'postgres') return inPostgres(where.url)
  try {
    return await inSqlite(where.file)
  } catch (error) {
    if (error instanceof HeadgateError) throw error
    // SQLite doesn't say which file it speaks of.
    throw new Error(`can't open ${where.file}: ${reasonOf(error)}`, { cause: error })
  }
}

async function inSqlite(file: string): Promise<Records> {
  const [{ default: Database }, plans, usage] = await Promise.all([
    import('better-sqlite3'),
    import('@headgate/server/sqlite'),
    import('@headgate/usage/sqlite'),
  ])
  const database = new Database(file, { timeout: BUSY_MS })
  try {
    await patiently(() => database.pragma('journal_mode = WAL'))
    // Few are written, and none is to be lost by a power cut.
    database.pragma('synchronous = FULL')
    plans.migrate(database)
    usage.migrate(database)
    // A file that may only be read is opened all the same, and told of by what writes: better now than by each decision.
    database.pragma(`user_version = ${database.pragma('user_version', { simple: true })}`)
    return {
      registry: plans.sqliteRegistry(database),
      ledger: usage.sqliteLedger(database),
      hurry: () => void database.pragma(`busy_timeout = ${ASKED_MS}`),
      close: async () => void database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Tries again while another process keeps a SQLite file to itself. Who switches a fresh file that another process also switches is
 * told that it is busy, and not made to wait.
 */
export async function patiently<T>(work: () => T): Promise<T> {
  const until = performance.now() + BUSY_MS
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error
      await sleep(10)
    }
  }
}

/** Also where it is the cause of an error of Headgate. */
function isBusy(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  return String(code).startsWith('SQLITE_BUSY') || (cause !== undefined && isBusy(cause))
}

async function inPostgres(url: string): Promise<Records> {
  const [{ default: pg }, plans, usage] = await Promise.all([
    import('pg'),
    import('@headgate/server/postgres'),
    import('@headgate/usage/postgres'),
  ])
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 5_000 })
  pool.on('error', () => {})
  try {
    await migrateRecordsOn(pool)
    return {
      registry: plans.postgresRegistry(pool),
      ledger: usage.postgresLedger(pool),
      hurry() {},
      close: () => pool.end(),
    }
  } catch (error) {
    await pool.end()
    throw error
  }
}
