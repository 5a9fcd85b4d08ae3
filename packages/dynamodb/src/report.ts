/** A request to DynamoDB, once it is over. */
export interface RequestReport {
  /** What was asked of DynamoDB, such as `"UpdateItem"`. */
  readonly operation: Operation
  /** How many calls of the store it was for. */
  readonly calls: number
  /**
   * - `done`
   * - `condition-failed`: the item was not as believed, which is how a denial shows, or another process
   * - `turned-away`: throttled, or in conflict with a transaction; not carried out, and sent again in time
   * - `failed`: anything else
   */
  readonly outcome: 'done' | 'condition-failed' | 'turned-away' | 'failed'
  /** Capacity units that DynamoDB says it consumed. It doesn't say of requests that aren't done: a failed condition costs a write. */
  readonly capacityUnits: number | undefined
}

/** The operations of the store: what its role must be allowed. */
export type Operation =
  | 'GetItem'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'TransactGetItems'
  | 'TransactWriteItems'
