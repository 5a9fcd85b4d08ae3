import { type Item, itemSize } from './item.ts'

/** The items as they were last seen, of the keys that were asked for last. A guess: others may have changed them since. */
export interface Seen {
  /** Undefined if there was none, or nothing is known. */
  get(key: string): Item | undefined
  set(key: string, item: Item | undefined): void
}

/** Bounds in keys and in characters: a long log takes the place of many. */
const MAX_KEYS = 10_000
const MAX_SIZE = 10_000_000

export function createSeen(): Seen {
  // In the order in which they were set: the first is the oldest.
  const items = new Map<string, Item>()
  let size = 0

  const forget = (key: string): void => {
    const item = items.get(key)
    if (item === undefined) return
    items.delete(key)
    size -= itemSize(item)
  }

  return {
    get: (key) => items.get(key),
    set(key, item) {
      forget(key)
      if (item === undefined) return
      items.set(key, item)
      size += itemSize(item)
      for (const oldest of items.keys()) {
        if (items.size <= MAX_KEYS && size <= MAX_SIZE) break
        forget(oldest)
      }
    },
  }
}
