import { HeadgateError } from '@headgate/core'

/** The name of an error of DynamoDB, such as `"ThrottlingException"`; `""` for what isn't an error. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

/** Names of errors, and codes of the reasons why a transaction was cancelled. */
const TURNED_AWAY = new Set([
  'ThrottlingException',
  'ThrottlingError',
  'ProvisionedThroughputExceededException',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TransactionConflict',
  'ReplicatedWriteConflictException',
])

/**
 * Whether DynamoDB says that it has not carried a request out, but might the next time. Nothing else is ever sent again: of a
 * server error or a broken connection nobody knows whether it came before or after the decision.
 */
export function isTurnedAway(name: string): boolean {
  return TURNED_AWAY.has(name)
}

/** Whether a request was refused since it was signed by a clock that is far off, and the SDK has put that right for the next. */
export function isSignedByWrongClock(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { clockSkewCorrected?: boolean } }
  return name === 'InvalidSignatureException' && $metadata?.clockSkewCorrected === true
}

const PERMISSIONS =
  'Give the role the actions that the README of @headgate/dynamodb lists, and see whether its credentials are valid'

/** What helps against an error of DynamoDB, by how its name begins. */
const FIXES: readonly (readonly [name: string, fix: string])[] = [
  [
    'ResourceNotFound',
    'Make it with createTable() or with your templates, and check the region of the client',
  ],
  ['AccessDenied', PERMISSIONS],
  ['UnrecognizedClient', PERMISSIONS],
  ['InvalidSignature', 'See whether the credentials and the clock of this machine are right'],
  ['ExpiredToken', 'See why the credentials of this process are not renewed'],
  ['CredentialsProvider', 'Give the client credentials'],
  ['Validation', 'If a sliding log outgrew an item (400 KB), lower its limit; else please report this'],
  ['Transaction', 'Spread the load over more keys: transactions on one key get into each other’s way'],
  [
    'Throttling',
    'Raise the capacity of the table, or spread the load: one key has 1,000 write units a second',
  ],
  [
    'Provisioned',
    'Raise the capacity of the table, or spread the load: one key has 1,000 write units a second',
  ],
]

/** An error of DynamoDB or of the way to it as one of Headgate, with what to do about it. Errors of Headgate stay as they are. */
export function storeFailed(error: unknown, table: string): HeadgateError {
  if (error instanceof HeadgateError) return error
  const name = errorName(error)
  const usual = 'See `cause`, and whether DynamoDB and the network to it are up'
  const [, fix = usual] = FIXES.find(([start]) => name.startsWith(start)) ?? []
  const why = error instanceof Error ? `${name}: ${error.message}` : String(error)
  const message = `DynamoDB failed at the table ${JSON.stringify(table)}: ${why}`
  return new HeadgateError({ code: 'STORE_FAILED', message, fix, cause: error })
}

export function storeContended(attempts: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_CONTENDED',
    message: `The DynamoDB store lost ${attempts} races for a key to other processes`,
    fix: 'Spread the load over more keys; a sliding log, and several limits at once, can’t be decided by many processes at one key',
  })
}

export function storeTimeout(timeout: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_TIMEOUT',
    message: `The DynamoDB store got no answer within ${timeout} ms; whether it decided is not known`,
    fix: 'See whether DynamoDB and the network keep up, raise `timeout`, or wrap the store in resilient()',
  })
}

export function storeClosed(): HeadgateError {
  const fix = 'Close it when nothing uses it any more'
  return new HeadgateError({ code: 'STORE_CLOSED', message: 'The DynamoDB store is closed', fix })
}
