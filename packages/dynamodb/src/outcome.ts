import type { UpdateItemCommandOutput } from '@aws-sdk/client-dynamodb'
import { errorName, isSignedByWrongClock, isTurnedAway } from './errors.ts'
import type { RequestReport } from './report.ts'

/** How a request that failed ended. */
export function outcomeOf(error: unknown): RequestReport['outcome'] {
  const name = errorName(error)
  if (name === 'ConditionalCheckFailedException') return 'condition-failed'
  if (name === 'TransactionCanceledException') return cancelledBecause(error)
  return isTurnedAway(name) || isSignedByWrongClock(error) ? 'turned-away' : 'failed'
}

/** A reason why a transaction was cancelled, one per item; what the item was, if its condition failed. */
export interface CancellationReason {
  readonly Code?: string | undefined
  readonly Item?: UpdateItemCommandOutput['Attributes']
}

/** The reasons of a cancelled transaction, in the order of its items. */
export function reasonsOf(error: unknown): readonly CancellationReason[] {
  return (error as { CancellationReasons?: readonly CancellationReason[] }).CancellationReasons ?? []
}

/** A cancelled transaction was not carried out; what counts is whether it may come through as it is. */
function cancelledBecause(error: unknown): RequestReport['outcome'] {
  const codes = reasonsOf(error).map(({ Code = 'None' }) => Code)
  const known = codes.every(
    (code) => code === 'None' || code === 'ConditionalCheckFailed' || isTurnedAway(code),
  )
  if (!known || codes.length === 0) return 'failed'
  return codes.includes('ConditionalCheckFailed') ? 'condition-failed' : 'turned-away'
}

/** What replies say of the capacity that they took. */
export interface Counted {
  readonly ConsumedCapacity?: Capacity | readonly Capacity[] | undefined
}

interface Capacity {
  readonly CapacityUnits?: number | undefined
}

/** The capacity units of a reply, if it tells. */
export function unitsOf(reply: Counted | undefined): number | undefined {
  const consumed = reply?.ConsumedCapacity
  if (consumed === undefined) return undefined
  const each: readonly Capacity[] = 'length' in consumed ? consumed : [consumed]
  return each.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)
}
