import type { Clock, SyncStore } from '@headgate/core'
import { adjustIn, decideIn, deleteIn } from './calls.ts'
import { type OwnDatabase, openFile, type SqliteDatabase } from './database.ts'
import { storeClosed, storeFailed } from './errors.ts'
import { createGroup } from './group.ts'
import { migrate } from './migrate.ts'
import { type CheckedOptions, checkOptions, type SqliteStoreOptions } from './options.ts'
import { createTransact } from './transact.ts'
import { wallClock } from './wall-clock.ts'

/** A store in a SQLite database. */
export interface SqliteStore extends SyncStore {
  readonly clock: Clock
}

/**
 * A store in a SQLite file, which all processes of a machine may share: what is used outlives them, and together they
 * admit what one would.
 *
 * Awaited calls of one turn of the event loop share a transaction. A call blocks the thread while it commits, some 10 µs,
 * and while another process commits, at most for `busyTimeout` ms. The `…Sync` verbs commit one by one; inside a
 * transaction of your own on the same `database` they take part in it.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`; `STORE_FAILED` when the file can't be opened
 * @example
 * ```ts
 * import { createLimiter, quota } from '@headgate/core'
 * import { sqliteStore } from '@headgate/sqlite'
 *
 * const store = sqliteStore({ file: 'limits.db' })
 * const limiter = createLimiter({ store, limits: { daily: quota({ limit: 1_000, per: 'day' }) } })
 * const { allowed } = await limiter.consume('user-1')
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { clock = wallClock() } = options
  const checked = checkOptions(options)
  const { database, close } = open(options, checked)
  const group = createGroup(createTransact(database, clock, checked))
  let closed = false

  const checkOpen = (): void => {
    if (closed) throw storeClosed()
  }
  /** What came before goes first; but not into a transaction of the caller's, who may roll it back. */
  const beforeSync = (): void => {
    checkOpen()
    if (!database.inTransaction) group.flush()
  }

  return {
    name: 'sqlite',
    clock,

    async decide(checks, now) {
      checkOpen()
      return group.submit((turn) => decideIn(turn, checks, now))
    },
    async adjust(adjustments, now) {
      checkOpen()
      return group.submit((turn) => adjustIn(turn, adjustments, now))
    },
    async delete(keys) {
      checkOpen()
      return group.submit((turn) => deleteIn(turn, keys))
    },

    decideSync(checks, now) {
      beforeSync()
      return group.submitSync((turn) => decideIn(turn, checks, now))
    },
    adjustSync(adjustments, now) {
      beforeSync()
      return group.submitSync((turn) => adjustIn(turn, adjustments, now))
    },
    deleteSync(keys) {
      beforeSync()
      group.submitSync((turn) => deleteIn(turn, keys))
    },

    async close() {
      if (closed) return
      group.flush()
      closed = true
      close()
    },
  }
}

/** The given database, or one of the store's own, with its tables. */
function open(
  { file, database, durable = false }: SqliteStoreOptions,
  { table, busyTimeout }: CheckedOptions,
): { readonly database: SqliteDatabase; close(): void } {
  let own: OwnDatabase | undefined
  try {
    if (database === undefined) own = openFile(file, durable, busyTimeout)
    const opened = own ?? (database as SqliteDatabase)
    migrate(opened, table, busyTimeout)
    return { database: opened, close: () => own?.close() }
  } catch (error) {
    own?.close()
    throw storeFailed(error, { busyTimeout, file })
  }
}
