import { hashOf } from './id-hash.ts'

/** Places by the ids that have them. */
export interface HashTable {
  /** The id's place; −1 if it has none. */
  find(id: string): number
  /** Enters a place, whose id stands in the list. */
  add(place: number): void
  remove(place: number): void
}

/** An entry is a place, counted from 1, in its lower bits, and above them a part of the id's hash; 0 is a gap. */
const PLACE_BITS = 25
const PLACE_MASK = 2 ** PLACE_BITS - 1
const FIRST_LENGTH = 64

/**
 * A hash table with linear probing, never more than half full, in one typed array: an id's entry is found in one cache line
 * as a rule, and the part of the hash that it holds tells whether the id is worth looking at.
 *
 * @param ids each at its place; fewer than 2^25
 */
export function createHashTable(ids: readonly (string | undefined)[]): HashTable {
  let entries = new Int32Array(FIRST_LENGTH)
  let mask = FIRST_LENGTH - 1
  let count = 0
  /** Each place's hash, for moving entries. */
  let hashes = new Int32Array(FIRST_LENGTH)

  const placeAt = (at: number): number => ((entries[at] as number) & PLACE_MASK) - 1

  const put = (place: number): void => {
    const hash = hashes[place] as number
    let at = hash & mask
    while (entries[at] !== 0) at = (at + 1) & mask
    entries[at] = (hash & ~PLACE_MASK) | (place + 1)
  }

  const grow = (): void => {
    const old = entries
    entries = new Int32Array(old.length * 2)
    mask = entries.length - 1
    for (const entry of old) if (entry !== 0) put((entry & PLACE_MASK) - 1)
  }

  return {
    find(id) {
      const hash = hashOf(id)
      for (let at = hash & mask; ; at = (at + 1) & mask) {
        const entry = entries[at] as number
        if (entry === 0) return -1
        if ((entry ^ hash) >>> PLACE_BITS !== 0) continue
        const place = (entry & PLACE_MASK) - 1
        if (ids[place] === id) return place
      }
    },

    add(place) {
      if (place >= hashes.length) {
        const longer = new Int32Array(Math.max(hashes.length * 2, place + 1))
        longer.set(hashes)
        hashes = longer
      }
      hashes[place] = hashOf(ids[place] as string)
      count++
      if (count * 2 > entries.length) grow()
      put(place)
    },

    remove(place) {
      let gap = (hashes[place] as number) & mask
      while (placeAt(gap) !== place) gap = (gap + 1) & mask
      // What comes after moves up into the gap, unless its hash wants it behind that: a search ends at a gap.
      for (let at = (gap + 1) & mask; entries[at] !== 0; at = (at + 1) & mask) {
        const home = (hashes[placeAt(at)] as number) & mask
        if (((at - home) & mask) < ((at - gap) & mask)) continue
        entries[gap] = entries[at] as number
        gap = at
      }
      entries[gap] = 0
      count--
    },
  }
}
