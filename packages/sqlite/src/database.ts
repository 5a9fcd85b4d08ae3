import { HeadgateError } from '@headgate/core'
import Database from 'better-sqlite3'

/** What the store needs of a better-sqlite3 database, so that any version of it and its forks fit. */
export interface SqliteDatabase {
  readonly inTransaction: boolean
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  transaction<A>(work: (argument: A) => void): { immediate(argument: A): void }
}

/** What the store needs of a prepared statement. */
export interface SqliteStatement {
  run(...values: unknown[]): unknown
  get(...values: unknown[]): unknown
}

/** A database that the store opened itself. */
export interface OwnDatabase extends SqliteDatabase {
  close(): unknown
}

/**
 * For how long SQLite itself waits for a lock, in ms. It looks ever less often, down to ten times a second, and a process
 * among busy ones can miss its chance for seconds; so it waits briefly, and {@link patiently} asks again.
 */
const LOOK_FOR = 20

/**
 * better-sqlite3 13 is built for Node-API 10, and takes a Node that has less down with it when it is loaded.
 *
 * @throws {@link HeadgateError} `STORE_FAILED`
 */
export function checkNodeApi(version: string | undefined): void {
  if (Number(version) >= 10) return
  throw new HeadgateError({
    code: 'STORE_FAILED',
    message: `better-sqlite3 needs Node-API 10, and this Node has ${version ?? 'none'}`,
    fix: 'Use Node 22.14 or later',
  })
}

/** Opens a file in WAL mode: readers don't block, and a commit is one append. */
export function openFile(file: string, durable: boolean, busyTimeout: number): OwnDatabase {
  checkNodeApi(process.versions['napi'])
  const database = new Database(file, { timeout: Math.min(busyTimeout, LOOK_FOR) })
  try {
    // Several processes that switch one fresh file at once are told SQLITE_BUSY without having been made to wait.
    patiently(busyTimeout, () => database.pragma('journal_mode = WAL'))
    database.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Runs `work` again while the database is busy, for `busyTimeout` ms. It must be such that failing undoes it. */
export function patiently<T>(busyTimeout: number, work: () => T): T {
  const until = performance.now() + busyTimeout
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error
      pause(1 + Math.random() * 4)
    }
  }
}

const never = new Int32Array(new SharedArrayBuffer(4))

/** Blocks the thread, as SQLite does while it waits for a lock. */
function pause(ms: number): void {
  Atomics.wait(never, 0, 0, ms)
}

/** The code of an error of SQLite, such as `"SQLITE_BUSY_RECOVERY"`; `""` for other errors. */
export function sqliteCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : ''
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_BUSY')
}
