import { createHashTable, type HashTable } from './hash-table.ts'

/** Ids, each with a place of its own: small whole numbers from 0 on, those given up first given again. */
export interface IdIndex {
  /** How many ids there are. */
  readonly size: number
  /** How many places were ever given: all are below. */
  readonly places: number
  /** The id's place; −1 if it has none. */
  find(id: string): number
  /** Gives an id that has none a place. */
  add(id: string): number
  /** Takes a place back; it must be somebody's. */
  remove(place: number): void
}

/** Up to so many ids a `Map` is as quick: it fits into the processor's caches, and strings remember their hashes for it. */
const FEW = 8_192

/**
 * An index of ids of at most `MAX_SHORT_ID` characters: a `Map` while they are few, then a table of our own, which has fewer
 * misses of the cache and takes half the memory.
 */
export function createIdIndex(): IdIndex {
  const ids: (string | undefined)[] = []
  const free: number[] = []
  let few: Map<string, number> | undefined = new Map()
  let many: HashTable | undefined
  let size = 0

  const moveOver = (): HashTable => {
    const table = createHashTable(ids)
    ids.forEach((id, place) => {
      if (id !== undefined) table.add(place)
    })
    few = undefined
    return table
  }

  return {
    get size() {
      return size
    },
    get places() {
      return ids.length
    },

    find(id) {
      if (few !== undefined) return few.get(id) ?? -1
      return many === undefined ? -1 : many.find(id)
    },

    add(id) {
      const place = free.pop() ?? ids.length
      ids[place] = id
      size++
      few?.set(id, place)
      if (many !== undefined) many.add(place)
      else if (size > FEW) many = moveOver()
      return place
    },

    remove(place) {
      few?.delete(ids[place] as string)
      many?.remove(place)
      ids[place] = undefined
      free.push(place)
      size--
    },
  }
}
