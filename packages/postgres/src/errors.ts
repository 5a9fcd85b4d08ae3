import { HeadgateError } from '@headgate/core'
import { sqlState } from './client.ts'

const MIGRATE = 'Run migrate() of @headgate/postgres, or `headgate migrate`, with the same `schema`'

/** What helps against an error of the server, by how its SQLSTATE begins. */
const FIXES: readonly (readonly [state: string, fix: string])[] = [
  ['3F000', MIGRATE],
  ['42P01', MIGRATE],
  ['42883', MIGRATE],
  ['42704', MIGRATE],
  ['42501', 'Grant the role what the README lists, or migrate with the role that owns the schema'],
  ['HG001', 'Don’t set default_transaction_isolation for this role, or set it to "read committed"'],
  ['55P03', 'Find the transaction that holds rows of the store, or raise `timeout`. Nothing was taken'],
  ['25006', 'Connect to the primary, not to a standby'],
  ['53300', 'Lower the `max` of pools, or raise max_connections'],
  ['57P', 'See why the server ended the connection. Whether it decided is not known'],
]

/** An error of pg or the server as one of Headgate, with what to do about it. Errors of Headgate stay as they are. */
export function storeFailed(error: unknown): HeadgateError {
  if (error instanceof HeadgateError) return error
  const state = sqlState(error)
  const usual = 'See `cause` for the error of PostgreSQL or of the connection'
  const [, fix = usual] = FIXES.find(([start]) => state !== '' && state.startsWith(start)) ?? []
  const why = error instanceof Error ? error.message : String(error)
  return new HeadgateError({ code: 'STORE_FAILED', message: `PostgreSQL failed: ${why}`, fix, cause: error })
}

export function storeClosed(): HeadgateError {
  const fix = 'Close it when nothing uses it any more'
  return new HeadgateError({ code: 'STORE_CLOSED', message: 'The Postgres store is closed', fix })
}

/** `schema` is quoted, and the database's version isn't the `known` one. */
export function wrongVersion(schema: string, version: number, known: number): HeadgateError {
  const newer = version > known
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `The schema ${schema} is of version ${version}, and this release of @headgate/postgres needs ${known}`,
    fix: newer ? 'Upgrade @headgate/postgres, or use another `schema`' : MIGRATE,
  })
}

export function wrongEncoding(encoding: string): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `The database's encoding is ${encoding}, which can't hold every key`,
    fix: 'Use a database whose encoding is UTF8',
  })
}

export function oldServer(version: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `The server is PostgreSQL ${Math.floor(version / 10_000)}`,
    fix: 'Use PostgreSQL 14 or later',
  })
}
