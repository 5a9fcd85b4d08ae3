import { type HeadgateError, invalidOption } from '@headgate/core'
import { ledgerFailed } from '../errors.ts'

/** What the ledger needs of a better-sqlite3 database, so that any version of it and its forks fit. */
export interface SqliteDatabase {
  readonly inTransaction: boolean
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  transaction<A>(work: (argument: A) => void): { immediate(argument: A): void }
}

/** What the ledger needs of a prepared statement. */
export interface SqliteStatement {
  run(...values: unknown[]): { readonly changes: number | bigint }
  get(...values: unknown[]): unknown
  all(...values: unknown[]): unknown[]
  safeIntegers(on: boolean): this
}

/** Where the ledger's tables are. */
export interface SqliteLedgerOptions {
  /** The table of the counts; others begin with its name. Letters, digits and `_`, at most 48. `"headgate_usage"` unless told. */
  readonly table?: string
}

const TABLE = /^(?!sqlite_)[a-z_]\w{0,47}$/i

/** @throws HeadgateError `INVALID_OPTION` */
export function checkPlace(
  database: SqliteDatabase,
  { table = 'headgate_usage' }: SqliteLedgerOptions,
): string {
  if (typeof database?.transaction !== 'function') {
    const fix = 'Pass `new Database("app.db")` of better-sqlite3'
    throw invalidOption('database', database, 'an open better-sqlite3 database', fix)
  }
  if (typeof table === 'string' && TABLE.test(table)) return table
  const fix = 'Use a letter or "_", then letters, digits and "_", at most 48, not starting with "sqlite_"'
  throw invalidOption('table', table, 'a plain name', fix)
}

export function sqliteFailed(error: unknown): HeadgateError {
  const isMissing = error instanceof Error && error.message.startsWith('no such table')
  return ledgerFailed(
    'sqlite',
    error,
    isMissing ? 'Run migrate() of @headgate/usage/sqlite first' : undefined,
  )
}
