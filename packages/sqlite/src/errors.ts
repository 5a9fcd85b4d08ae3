import { HeadgateError } from '@headgate/core'
import { isBusy, sqliteCode } from './database.ts'

const CANTOPEN = 'Check that the folder exists and that this process may write to it'

/** What helps against an error of SQLite, by how its code begins. */
const FIXES: readonly (readonly [code: string, fix: string])[] = [
  ['SQLITE_READONLY', 'Use a file and a folder that this process may write, and no read-only database'],
  ['SQLITE_CANTOPEN', CANTOPEN],
  ['SQLITE_FULL', 'Make room on the disk'],
  ['SQLITE_NOTADB', 'Point `file` at a SQLite database, or at a path where there is no file yet'],
  ['SQLITE_CORRUPT', 'Move the file away: the store starts anew, with nothing used'],
]

/** Which store failed: how long it waits, and the file it was about to open. */
interface Where {
  readonly busyTimeout: number
  readonly file?: string | undefined
}

/** An error of the database as one of Headgate, with what to do about it. Errors of Headgate stay as they are. */
export function storeFailed(error: unknown, { busyTimeout, file }: Where): HeadgateError {
  if (error instanceof HeadgateError) return error
  const option = file === undefined ? {} : { option: 'file', value: file }
  if (isBusy(error)) {
    return new HeadgateError({
      code: 'STORE_FAILED',
      ...option,
      message: `The SQLite database was locked for ${busyTimeout} ms`,
      fix: 'Find the process that holds a transaction open, or raise `busyTimeout`',
      cause: error,
    })
  }
  const code = sqliteCode(error)
  const usual = file === undefined ? 'See `cause` for the error of SQLite' : CANTOPEN
  const [, fix = usual] = FIXES.find(([start]) => code.startsWith(start)) ?? []
  const what = file === undefined ? 'SQLite failed' : `SQLite can't open ${JSON.stringify(file)}`
  const why = error instanceof Error ? error.message : String(error)
  return new HeadgateError({ code: 'STORE_FAILED', ...option, message: `${what}: ${why}`, fix, cause: error })
}

export function storeClosed(): HeadgateError {
  const fix = 'Close it when nothing uses it any more'
  return new HeadgateError({ code: 'STORE_CLOSED', message: 'The SQLite store is closed', fix })
}
