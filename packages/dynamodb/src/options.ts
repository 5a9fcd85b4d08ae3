import { type Clock, checkWhole, invalidOption } from '@headgate/core'
import type { DynamoClient } from './client.ts'
import type { RequestReport } from './report.ts'

/** Options of {@link dynamodbStore}. */
export interface DynamodbStoreOptions {
  /** A `DynamoDBClient`. Its settings stay as they are, but its retries don't apply here; `close()` leaves it open. */
  readonly client: DynamoClient
  /** The table, as `createTable` makes it: 3 to 255 letters, digits, `_`, `.` and `-`, or its ARN. `"headgate"` unless told. */
  readonly table?: string
  /** Milliseconds from a call to its answer, waiting and retries included. 1000 unless told. */
  readonly timeout?: number
  /** The most requests under way. 50 unless told, which is how many sockets the SDK opens. */
  readonly maxInFlight?: number
  /** The most calls that wait to be taken up; more are refused with `STORE_OVERLOADED`. 10,000 unless told. */
  readonly maxWaiting?: number
  /**
   * Instead of the process's clock held to the `Date` of DynamoDB's replies. It is taken at its word: all processes at
   * one table must agree to within 60 s.
   */
  readonly clock?: Clock
  /** Is told of each request, with the capacity that it consumed. What it throws is lost. */
  readonly onRequest?: (report: RequestReport) => void
}

/** Options that are checked, and none of them missing but the clock and the listener. */
export interface CheckedOptions {
  readonly client: DynamoClient
  readonly table: string
  readonly timeout: number
  readonly maxInFlight: number
  readonly maxWaiting: number
  readonly onRequest: ((report: RequestReport) => void) | undefined
}

const TABLE = /^[\w.-]{3,255}$|^arn:[\w:/.-]{1,1019}$/

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function checkOptions(options: DynamodbStoreOptions): CheckedOptions {
  const { client, timeout = 1_000, maxInFlight = 50, maxWaiting = 10_000, onRequest } = options
  if (typeof client?.send !== 'function') {
    const fix = 'Pass `new DynamoDBClient({ region: "eu-west-1" })` of @aws-sdk/client-dynamodb'
    throw invalidOption('client', client, 'a DynamoDBClient', fix)
  }
  const table = checkTable(options.table)
  checkCount('timeout', timeout, 2 ** 31 - 1, 1_000)
  checkCount('maxInFlight', maxInFlight, 10_000, 50)
  checkCount('maxWaiting', maxWaiting, 1_000_000, 10_000)
  if (onRequest !== undefined && typeof onRequest !== 'function') {
    throw invalidOption('onRequest', onRequest, 'a function', 'Pass (report) => { … }')
  }
  return { client, table, timeout, maxInFlight, maxWaiting, onRequest }
}

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function checkTable(table: unknown = 'headgate'): string {
  if (typeof table === 'string' && TABLE.test(table)) return table
  const fix = 'Use 3 to 255 letters, digits, "_", "." and "-", or an ARN; leave it out for "headgate"'
  throw invalidOption('table', table, 'the name of a table', fix)
}

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function checkCount(option: string, value: unknown, most: number, usual: number): void {
  checkWhole(option, value, 1, most, `Leave it out for ${usual}`)
}
