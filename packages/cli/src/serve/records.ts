import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry } from '@headgate/server'
import type { Ledger } from '@headgate/usage'
import { migrateRecordsOn } from '../migrate/schemas.ts'
import type { ServeOptions } from './options.ts'

/** Where plans and usage are kept. */
export interface Records {
  readonly registry: Registry
  readonly ledger: Ledger
  close(): Promise<void>
}

/** Milliseconds for which another process may keep a SQLite file to itself. */
const BUSY_MS = 5_000

/** Opens a SQLite file or a PostgreSQL database, brought up to date. */
export function openRecords(where: ServeOptions['records']): Promise<Records> {
  return where.kind === 'sqlite' ? inSqlite(where.file) : inPostgres(where.url)
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
    return {
      registry: plans.sqliteRegistry(database),
      ledger: usage.sqliteLedger(database),
      close: async () => void database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Who switches a fresh file that another process also switches is told that it is busy, and not made to wait. */
async function patiently(work: () => unknown): Promise<void> {
  const until = performance.now() + BUSY_MS
  for (;;) {
    try {
      work()
      return
    } catch (error) {
      const isBusy = String((error as { readonly code?: unknown }).code).startsWith('SQLITE_BUSY')
      if (!isBusy || performance.now() >= until) throw error
      await sleep(10)
    }
  }
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
      close: () => pool.end(),
    }
  } catch (error) {
    await pool.end()
    throw error
  }
}
