import {
  DeleteItemCommand,
  type DeleteItemCommandInput,
  type DeleteItemCommandOutput,
  GetItemCommand,
  type GetItemCommandInput,
  type GetItemCommandOutput,
  PutItemCommand,
  type PutItemCommandInput,
  type PutItemCommandOutput,
  TransactGetItemsCommand,
  type TransactGetItemsCommandInput,
  type TransactGetItemsCommandOutput,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  type TransactWriteItemsCommandOutput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb'
import { storeFailed, storeTimeout } from './errors.ts'
import { type Heard, type SendableCommand, sendOnce } from './once.ts'
import type { CheckedOptions } from './options.ts'
import { type Counted, outcomeOf, unitsOf } from './outcome.ts'
import { createPlaces } from './places.ts'
import type { Operation, RequestReport } from './report.ts'

/** How long a request may take, and for whom it is. */
export interface Errand {
  /** By `performance.now()`. */
  readonly deadline: number
  /** How many calls of the store wait for it. */
  readonly calls: number
}

type Send<I, O> = (input: I, errand: Errand) => Promise<O>

/** The requests of the store. */
export interface Requests {
  readonly get: Send<GetItemCommandInput, GetItemCommandOutput>
  readonly put: Send<PutItemCommandInput, PutItemCommandOutput>
  readonly update: Send<UpdateItemCommandInput, UpdateItemCommandOutput>
  readonly remove: Send<DeleteItemCommandInput, DeleteItemCommandOutput>
  readonly transactGet: Send<TransactGetItemsCommandInput, TransactGetItemsCommandOutput>
  readonly transactWrite: Send<TransactWriteItemsCommandInput, TransactWriteItemsCommandOutput>
}

/** The pause before the n-th try of a request that was turned away lies between 0 and this, in ms. */
export function backoff(attempt: number): number {
  return Math.random() * Math.min(10 * 2 ** attempt, 200)
}

/** The most times that a request is sent again which was turned away. */
const RETRIES = 8

/**
 * The requests to DynamoDB, each bounded by its deadline and all of them in number. A condition that failed rejects with
 * DynamoDB's own error. What DynamoDB has turned away is sent again, in time. Anything else is `STORE_FAILED`, never sent
 * again, and not known to have happened or not.
 */
export function createRequests(options: CheckedOptions, heard: Heard): Requests {
  const { client, table, timeout, maxInFlight, onRequest } = options
  const places = createPlaces(maxInFlight)

  const report = (
    operation: Operation,
    { calls }: Errand,
    outcome: RequestReport['outcome'],
    reply?: Counted,
  ): void => {
    if (onRequest === undefined) return
    try {
      onRequest({ operation, calls, outcome, capacityUnits: unitsOf(reply) })
    } catch {
      // What listens must not be able to undo a decision.
    }
  }

  const operation =
    <I extends object, C extends SendableCommand, O extends Counted>(
      name: Operation,
      make: (input: I) => C,
      send: (command: C, options: { abortSignal: AbortSignal }) => Promise<O>,
    ): Send<I, O> =>
    async (input, errand) => {
      const counted = onRequest === undefined ? input : { ...input, ReturnConsumedCapacity: 'TOTAL' as const }
      const ask = (abortSignal: AbortSignal): Promise<O> => {
        const command = make(counted)
        return sendOnce(command, () => send(command, { abortSignal }), heard)
      }
      for (let attempt = 0; ; attempt++) {
        try {
          const reply = await places.hold(() => within(errand.deadline, timeout, ask))
          report(name, errand, 'done', reply)
          return reply
        } catch (error) {
          const outcome = outcomeOf(error)
          report(name, errand, outcome)
          const pause = backoff(attempt)
          const inTime = performance.now() + pause < errand.deadline
          if (outcome === 'condition-failed') throw error
          if (outcome === 'failed' || attempt === RETRIES || !inTime) throw storeFailed(error, table)
          await new Promise((resolve) => setTimeout(resolve, pause))
        }
      }
    }

  return {
    get: operation(
      'GetItem',
      (input: GetItemCommandInput) => new GetItemCommand(input),
      (command, options) => client.send(command, options),
    ),
    put: operation(
      'PutItem',
      (input: PutItemCommandInput) => new PutItemCommand(input),
      (command, options) => client.send(command, options),
    ),
    update: operation(
      'UpdateItem',
      (input: UpdateItemCommandInput) => new UpdateItemCommand(input),
      (command, options) => client.send(command, options),
    ),
    remove: operation(
      'DeleteItem',
      (input: DeleteItemCommandInput) => new DeleteItemCommand(input),
      (command, options) => client.send(command, options),
    ),
    transactGet: operation(
      'TransactGetItems',
      (input: TransactGetItemsCommandInput) => new TransactGetItemsCommand(input),
      (command, options) => client.send(command, options),
    ),
    transactWrite: operation(
      'TransactWriteItems',
      (input: TransactWriteItemsCommandInput) => new TransactWriteItemsCommand(input),
      (command, options) => client.send(command, options),
    ),
  }
}

/**
 * A reply by the deadline, or `STORE_TIMEOUT`. The signal makes the SDK let go of its socket; that it heeds it isn't waited
 * for, since it doesn't while it looks for credentials.
 */
function within<T>(deadline: number, timeout: number, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const left = deadline - performance.now()
  if (left <= 0) return Promise.reject(storeTimeout(timeout))
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(storeTimeout(timeout))
      controller.abort()
    }, left)
    send(controller.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
