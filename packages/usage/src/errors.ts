import { HeadgateError } from '@headgate/core'
import type { Owner } from '@headgate/sql/postgres'

/** Whose tables they are. */
export const OWNER: Owner = { what: 'usage ledger', package: '@headgate/usage' }

export function usageClosed(): HeadgateError {
  const fix = 'Close it when nothing uses it any more'
  return new HeadgateError({ code: 'STORE_CLOSED', message: 'The usage ledger is closed', fix })
}
