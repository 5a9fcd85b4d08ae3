import { HeadgateError } from '@headgate/core'

/** An error of a ledger as one of Headgate. Errors of Headgate stay as they are. */
export function ledgerFailed(
  name: string,
  error: unknown,
  fix = 'See `cause` for the error behind it',
): HeadgateError {
  if (error instanceof HeadgateError) return error
  const why = error instanceof Error ? error.message : String(error)
  const message = `The usage ledger "${name}" failed: ${why.replace(/\.$/, '')}`
  return new HeadgateError({ code: 'STORE_FAILED', message, fix, cause: error })
}

export function usageClosed(): HeadgateError {
  const fix = 'Close it when nothing uses it any more'
  return new HeadgateError({ code: 'STORE_CLOSED', message: 'The usage ledger is closed', fix })
}

/** `what` has been migrated to another version than the one that this release knows. */
export function wrongVersion(what: string, version: number, known: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `${what} is of version ${version}, and this release of @headgate/usage knows ${known}`,
    fix: 'Upgrade @headgate/usage, or use another name',
  })
}
