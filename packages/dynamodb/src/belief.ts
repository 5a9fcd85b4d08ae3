import type { State } from '@headgate/core'
import { decodeState, type Item } from './item.ts'
import type { Found } from './items.ts'
import type { Seen } from './seen.ts'

/** What a batch believes of the items of its keys: as last seen, until DynamoDB has told. */
export interface Belief {
  readonly items: ReadonlyMap<string, Item | undefined>
  readonly states: ReadonlyMap<string, State | undefined>
  /** Whether DynamoDB has told all of it to this batch. */
  readonly isCertain: boolean
  /** Learns what some items are. What isn't among them is confirmed as well, or is not. */
  learn(found: readonly Found[], restConfirmed: boolean): void
}

export function believe(keys: readonly string[], seen: Seen): Belief {
  const items = new Map(keys.map((key) => [key, seen.get(key)]))
  const states = new Map(keys.map((key) => [key, decodeState(items.get(key))]))
  let isCertain = false
  return {
    items,
    states,
    get isCertain() {
      return isCertain
    },
    learn(found, restConfirmed) {
      for (const { key, item } of found) {
        items.set(key, item)
        states.set(key, decodeState(item))
        seen.set(key, item)
      }
      isCertain = restConfirmed || found.length === keys.length
    },
  }
}
