import { HeadgateError } from '@headgate/core'

/** Whose tables they are, for errors and locks. */
export interface Owner {
  /** As errors begin: `"usage ledger"`, of `The usage ledger "postgres" failed: …`. */
  readonly what: string
  /** Whose `migrate` makes the tables: `"@headgate/usage"`. */
  readonly package: string
}

/**
 * An error of what is behind a package as one of Headgate. Errors of Headgate stay as they are. It is returned, for you to
 * throw.
 */
export function failed(
  owner: Owner,
  name: string,
  error: unknown,
  fix = 'See `cause` for the error behind it',
): HeadgateError {
  if (error instanceof HeadgateError) return error
  const why = error instanceof Error ? error.message : String(error)
  const message = `The ${owner.what} "${name}" failed: ${why.replace(/\.$/, '')}`
  return new HeadgateError({ code: 'STORE_FAILED', message, fix, cause: error })
}

/** Where the tables aren't there. */
export function runMigrate(owner: Owner, name: string, option: string): string {
  return `Run migrate() of ${owner.package}/${name} first, with the same \`${option}\``
}

/** `place` has been migrated to another version than the one that this release knows. */
export function wrongVersion(owner: Owner, place: string, version: number, known: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `${place} is of version ${version}, and this release of ${owner.package} knows ${known}`,
    fix: `Upgrade ${owner.package}, or use another name`,
  })
}

/** In another encoding not every text can be kept, or their order isn't that of their code points. */
export function wrongEncoding(encoding: string): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `The database's encoding is ${encoding}, in which not every text can be kept in the order of its code points`,
    fix: 'Use a database whose encoding is UTF-8',
  })
}
