import { type HeadgateError, invalidOption } from '@headgate/core'
import { failed, type Owner, runMigrate } from '../owner.ts'
import type { SqliteDatabase } from './database.ts'

const TABLE = /^(?!sqlite_)[a-z_]\w{0,47}$/i

/**
 * The name of a table, or with which those of several begin, in an open database.
 *
 * @throws HeadgateError `INVALID_OPTION`
 */
export function tableOf(database: SqliteDatabase, table: unknown): string {
  if (typeof database?.transaction !== 'function') {
    const fix = 'Pass `new Database("app.db")` of better-sqlite3'
    throw invalidOption('database', database, 'an open better-sqlite3 database', fix)
  }
  if (typeof table === 'string' && TABLE.test(table)) return table
  const fix = 'Use a letter or "_", then letters, digits and "_", at most 48, not starting with "sqlite_"'
  throw invalidOption('table', table, 'a plain name', fix)
}

/**
 * Does work in one transaction beside which nobody else can be writing, and nothing where it throws.
 *
 * @throws HeadgateError `STORE_FAILED`, or what the work throws if it is one of Headgate's
 */
export function transact(database: SqliteDatabase, owner: Owner, work: () => void): void {
  try {
    // Part of a transaction of theirs it would go when that is rolled back.
    if (database.inTransaction) throw new Error('a transaction of others is open on its connection')
    database.transaction<void>(work).immediate()
  } catch (error) {
    throw sqliteFailed(owner, error)
  }
}

/** What a database fails with, as an error of Headgate: see {@link failed}. */
export function sqliteFailed(owner: Owner, error: unknown): HeadgateError {
  const isMissing = error instanceof Error && error.message.startsWith('no such table')
  return failed(owner, 'sqlite', error, isMissing ? runMigrate(owner, 'sqlite', 'table') : undefined)
}
