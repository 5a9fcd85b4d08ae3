import { MAX_LEAD, type Micros } from '@headgate/core'
import type { DirectUpdate } from './direct.ts'
import { errorName } from './errors.ts'
import { stillAs } from './exact.ts'
import { deletableAt } from './expiry.ts'
import { EXPIRES_AT, type Item, KEY } from './item.ts'
import { reasonsOf } from './outcome.ts'
import type { Errand, Requests } from './requests.ts'

/** An item as it is believed to be, and as it is to be. Without `next` it only must not have changed. */
export interface Write {
  readonly key: string
  readonly believed: Item | undefined
  readonly next?: Item
  /** When the state of `next` equals an absent one. */
  readonly expiresAt?: Micros
}

/** What an item was found to be. */
export interface Found {
  readonly key: string
  readonly item: Item | undefined
}

/** Whether it was done. If not: the items that were otherwise, and whether the others were as believed. */
type Answer =
  | { readonly done: true }
  | { readonly done: false; readonly found: readonly Found[]; readonly othersConfirmed: boolean }

/** The table's items, each operation one request. */
export interface Items {
  read(keys: readonly string[], errand: Errand): Promise<readonly Found[]>
  /** Takes units from whatever is there; tells what was there. */
  take(
    key: string,
    direct: DirectUpdate,
    now: Micros,
    errand: Errand,
  ): Promise<Found & { readonly done: boolean }>
  /** Writes all, or nothing if any of them is otherwise than believed. */
  write(writes: readonly Write[], now: Micros, errand: Errand): Promise<Answer>
  remove(key: string, errand: Errand): Promise<void>
}

const ON_FAILURE = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

export function createItems(requests: Requests, table: string): Items {
  const at = (key: string) => ({ TableName: table, Key: { [KEY]: { S: key } } })

  /** What a transaction asks of an item. */
  const partOf = ({ key, believed, next, expiresAt = 0 }: Write, now: Micros) => {
    const { condition, expression } = stillAs(believed)
    const { names, values } = expression
    const common = {
      ConditionExpression: condition,
      ExpressionAttributeNames: names,
      ...(believed && { ExpressionAttributeValues: values }),
      ...ON_FAILURE,
    }
    if (next === undefined) return { ConditionCheck: { ...at(key), ...common } }
    const expiry = { N: String(deletableAt(expiresAt, now)) }
    return { Put: { TableName: table, Item: { ...at(key).Key, ...next, [EXPIRES_AT]: expiry }, ...common } }
  }

  return {
    async read(keys, errand) {
      const [key] = keys
      if (keys.length === 1 && key !== undefined) {
        const { Item: item } = await requests.get({ ...at(key), ConsistentRead: true }, errand)
        return [{ key, item }]
      }
      const TransactItems = keys.map((key) => ({ Get: at(key) }))
      const { Responses = [] } = await requests.transactGet({ TransactItems }, errand)
      return keys.map((key, i) => ({ key, item: Responses[i]?.Item }))
    },

    async take(key, { condition, update, expression, emptyAt }, now, errand) {
      const { name, value, names, values } = expression
      const expiry = deletableAt(emptyAt + MAX_LEAD, now)
      const input = {
        ...at(key),
        ConditionExpression: condition,
        UpdateExpression: `${update}, ${name(EXPIRES_AT)} = ${value(expiry)}`,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ReturnValues: 'ALL_OLD' as const,
        ...ON_FAILURE,
      }
      try {
        const { Attributes: old } = await requests.update(input, errand)
        // dynoxide tells of an item that wasn't there its key; DynamoDB tells nothing.
        return { done: true, key, item: old && 'units' in old ? old : undefined }
      } catch (error) {
        return { done: false, key, item: foundBy(error) }
      }
    },

    async write(writes, now, errand) {
      const parts = writes.map((write) => partOf(write, now))
      const [only] = parts
      try {
        if (parts.length === 1 && only !== undefined && 'Put' in only) await requests.put(only.Put, errand)
        else await requests.transactWrite({ TransactItems: parts }, errand)
        return { done: true }
      } catch (error) {
        const [first] = writes
        if (writes.length === 1 && first !== undefined) {
          return { done: false, found: [{ key: first.key, item: foundBy(error) }], othersConfirmed: true }
        }
        if (errorName(error) !== 'TransactionCanceledException') throw error
        const reasons = reasonsOf(error)
        const found = writes.flatMap(({ key }, i) => {
          const reason = reasons[i]
          return reason?.Code === 'ConditionalCheckFailed' ? [{ key, item: reason.Item }] : []
        })
        const codes = reasons.map(({ Code }) => Code)
        // Who conflicts with another transaction wasn't compared.
        const othersConfirmed = codes.every((code) => code === 'None' || code === 'ConditionalCheckFailed')
        return { done: false, found, othersConfirmed }
      }
    },

    async remove(key, errand) {
      await requests.remove(at(key), errand)
    },
  }
}

/** What the item was whose condition failed; other errors are thrown again. */
function foundBy(error: unknown): Item | undefined {
  if (errorName(error) !== 'ConditionalCheckFailedException') throw error
  return (error as { Item?: Item }).Item
}
