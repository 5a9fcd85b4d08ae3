import { type Clock, invalidOption } from '@headgate/core'
import type { SqliteDatabase } from './database.ts'

/** Options of {@link sqliteStore}: a file that the store opens and closes, or a database that you do. */
export type SqliteStoreOptions = CommonOptions & (FileOptions | DatabaseOptions)

interface CommonOptions {
  /** The wall clock unless told, since all processes at one file must count by the same one. */
  readonly clock?: Clock
  /** The table of the states: letters, digits and `_`, at most 48. `"headgate_states"` unless told. */
  readonly table?: string
  /** For how many milliseconds a call waits, blocking the thread, for other processes to let go of the file. 5000 unless told. */
  readonly busyTimeout?: number
}

interface FileOptions {
  /** The path of a file, made if it isn't there; its folder must be. `":memory:"` for this process alone. */
  readonly file: string
  readonly database?: never
  /**
   * Whether every commit waits for the disk. Without, which is much quicker, a crash of the process loses nothing, but a
   * power cut may lose what was taken in the last moments.
   */
  readonly durable?: boolean
}

interface DatabaseOptions {
  /** An open better-sqlite3 database. Its pragmas stay as they are, and `close()` leaves it open. */
  readonly database: SqliteDatabase
  readonly file?: never
  readonly durable?: never
}

/** Options that are checked, and none of them missing but the clock. */
export interface CheckedOptions {
  readonly table: string
  readonly busyTimeout: number
}

const TABLE = /^(?!sqlite_)[a-z_]\w{0,47}$/i

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function checkOptions(options: SqliteStoreOptions): CheckedOptions {
  const { file, database, table = 'headgate_states', busyTimeout = 5_000 } = options
  if (file !== undefined && database !== undefined) {
    throw invalidOption('file', file, 'left out beside `database`', 'Keep one of them')
  }
  if (database === undefined && (typeof file !== 'string' || file.trim() === '')) {
    throw invalidOption('file', file, 'a path', 'Pass { file: "limits.db" }, or ":memory:", or a `database`')
  }
  if (database !== undefined && typeof database?.transaction !== 'function') {
    const fix = 'Pass `new Database("app.db")` of better-sqlite3'
    throw invalidOption('database', database, 'an open better-sqlite3 database', fix)
  }
  if (typeof table !== 'string' || !TABLE.test(table)) {
    const fix = 'Use a letter or "_", then letters, digits and "_", at most 48, not starting with "sqlite_"'
    throw invalidOption('table', table, 'a plain name', fix)
  }
  if (!Number.isSafeInteger(busyTimeout) || busyTimeout < 0 || busyTimeout > 2 ** 31 - 1) {
    throw invalidOption(
      'busyTimeout',
      busyTimeout,
      'whole milliseconds from 0 to 2^31 − 1',
      'Leave it out for 5000',
    )
  }
  return { table, busyTimeout }
}
