import { type Clock, checkTime, encodeKey, type Micros, type Outcome, type Store } from '@headgate/core'
import { type Call, checkCall } from './calls.ts'
import { storeClosed } from './errors.ts'
import { createItems } from './items.ts'
import { checkOptions, type DynamodbStoreOptions } from './options.ts'
import { createQueue } from './queue.ts'
import { createRequests } from './requests.ts'
import { createSeen } from './seen.ts'
import { type ServerClock, serverClock, trusted } from './server-clock.ts'
import { settle } from './settle.ts'

/** A store in a table of DynamoDB. */
export interface DynamodbStore extends Store {
  readonly clock: Clock
}

/**
 * A store in a table of Amazon DynamoDB, shared by any number of processes. `createTable` or your templates make the table.
 *
 * A decision is one conditional update; concurrent decisions of a process about one key share one. A request is never sent twice
 * unless DynamoDB has said that it turned it away, whatever retries the client is set to.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { createLimiter, tokenBucket } from '@headgate/core'
 * import { dynamodbStore } from '@headgate/dynamodb'
 *
 * const store = dynamodbStore({ client: new DynamoDBClient({ region: 'eu-west-1' }) })
 * const limiter = createLimiter({ store, limits: { api: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) } })
 * ```
 */
export function dynamodbStore(options: DynamodbStoreOptions): DynamodbStore {
  return storeBy(options.clock === undefined ? serverClock() : trusted(options.clock), options)
}

/** The store, by a clock that is told what DynamoDB's says. */
export function storeBy(clock: ServerClock, options: DynamodbStoreOptions): DynamodbStore {
  const checked = checkOptions(options)
  const seen = createSeen()
  const requests = createRequests(checked, (headers, sentAt, heardAt) => {
    clock.hear(headers['date'], sentAt, heardAt)
  })
  const items = createItems(requests, checked.table)
  const queue = createQueue(checked, (keys, batch) => settle(batch, keys, { items, clock, seen }))
  let closed = false

  const submit = async (call: Call, now: Micros | undefined): Promise<Outcome> => {
    if (closed) throw storeClosed()
    checkCall(call)
    if (now !== undefined) checkTime(now)
    if (call.keys.length === 0) return { now: now ?? clock.now(), results: [] }
    return queue.submit(call, now)
  }

  return {
    name: 'dynamodb',
    clock: options.clock ?? clock,
    decide: (checks, now) => submit({ kind: 'decide', on: checks, keys: checks.map(encodeKey) }, now),
    adjust: (adjustments, now) =>
      submit({ kind: 'adjust', on: adjustments, keys: adjustments.map(encodeKey) }, now),
    async delete(keys) {
      await Promise.all(
        keys.map((key) => submit({ kind: 'delete', on: [key], keys: [encodeKey(key)] }, undefined)),
      )
    },
    async close() {
      closed = true
      await queue.idle()
    },
  }
}
