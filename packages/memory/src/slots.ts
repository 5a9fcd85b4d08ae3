import { MAX_SHORT_ID, type Micros, shortId } from '@headgate/core'
import { LRUCache } from 'lru-cache'
import { hashOf } from './id-hash.ts'
import { createIdIndex } from './id-index.ts'

/** Which slot a subject has. The first `shared` slots are for those that found no place. */
export interface Slots {
  /** The subject's slot; that which it would share, if any is shared at the time; else −1. */
  find(id: string): number
  /** The subject's own slot; −1 if it has none. */
  own(id: string): number
  /** The subject's slot, made if there is room, and a shared one if there isn't. */
  claim(id: string, now: Micros): number
  /** Gives up a subject's own slot. */
  release(id: string): void
  /** Something may have become empty out of turn. */
  touched(): void
  stats(): SlotStats
}

/** Counters since the store was made. */
export interface SlotStats {
  /** Subjects that have a slot of their own now. */
  readonly keys: number
  /** Subjects dropped because nothing of theirs counted any more. */
  readonly evicted: number
  /** Charges that went to a shared entry since all slots held something that still counts. */
  readonly overflowed: number
}

/** How many places are looked at for one whose states are empty, per subject that needs a place. */
const LOOK = 64

/**
 * Slots for at most `maxKeys` subjects. When all are taken, a hand goes round them like a clock's, a few places for each
 * subject that needs one: what is empty goes, what still counts stays, however old. After a whole turn without success it
 * is known when the first can be empty, and nobody looks before that.
 */
export function createSlots(options: {
  readonly maxKeys: number
  readonly shared: number
  readonly emptyAt: (slot: number) => Micros
  readonly clear: (slot: number) => void
  readonly copy: (from: number, to: number) => void
}): Slots {
  const { maxKeys, shared, emptyAt, clear, copy } = options
  const index = createIdIndex()
  const keyOf = createKeyOf()
  let sharing = false
  let evicted = 0
  let overflowed = 0

  // The last answer of `find`: the limits of one decision, and the requests of a burst, ask for the same subject.
  let lastId = ''
  let lastSlot = -1
  let isLastValid = false
  /** The end of that id, as a number: ids that differ mostly end differently, and to compare strings takes a call. */
  let lastEnd = -1

  let hand = 0
  let looked = 0
  let firstEmptyAt = Number.POSITIVE_INFINITY
  let lookFrom = 0

  const ownSlot = (key: string): number => {
    const place = index.find(key)
    return place < 0 ? -1 : shared + place
  }

  /** Which shared entry a subject falls to. */
  const sharedSlot = (key: string): number => (hashOf(key) >>> 0) % shared

  const findOther = (id: string): number => {
    const key = keyOf(id)
    lastSlot = ownSlot(key)
    if (lastSlot < 0 && sharing) lastSlot = sharedSlot(key)
    lastId = id
    lastEnd = id.charCodeAt(id.length - 1)
    isLastValid = true
    return lastSlot
  }

  const drop = (slot: number): void => {
    index.remove(slot - shared)
    isLastValid = false
  }

  /** Whether a place could be made. */
  const evict = (now: Micros): boolean => {
    if (now < lookFrom) return false
    for (let i = 0; i < LOOK; i++) {
      const slot = shared + hand
      hand = (hand + 1) % index.places
      const at = emptyAt(slot)
      if (at <= now) {
        drop(slot)
        clear(slot)
        evicted++
        return true
      }
      firstEmptyAt = Math.min(firstEmptyAt, at)
      if (++looked < maxKeys) continue
      lookFrom = firstEmptyAt
      looked = 0
      firstEmptyAt = Number.POSITIVE_INFINITY
      return false
    }
    return false
  }

  return {
    find(id) {
      const isLast = isLastValid && id.charCodeAt(id.length - 1) === lastEnd && id === lastId
      return isLast ? lastSlot : findOther(id)
    },

    own: (id) => ownSlot(keyOf(id)),

    claim(id, now) {
      const key = keyOf(id)
      const known = ownSlot(key)
      if (known >= 0) return known
      isLastValid = false
      if (index.size >= maxKeys && !evict(now)) {
        sharing = true
        overflowed++
        return sharedSlot(key)
      }
      const slot = shared + index.add(key)
      // What the subject charged to a shared entry must not be forgotten now that it has its own.
      if (sharing) copy(sharedSlot(key), slot)
      return slot
    },

    release(id) {
      const slot = ownSlot(keyOf(id))
      if (slot >= 0) drop(slot)
    },

    touched() {
      lookFrom = 0
    },

    stats: () => ({ keys: index.size, evicted, overflowed }),
  }
}

/** Ids in bounded length. Those that must be hashed come again and again (a token of a session), so their hashes are kept. */
function createKeyOf(): (id: string) => string {
  const hashes = new LRUCache<string, string>({
    max: 1_000,
    maxSize: 2 ** 20,
    sizeCalculation: (_, id) => id.length,
  })
  return (id) => {
    if (id.length <= MAX_SHORT_ID) return shortId(id)
    let key = hashes.get(id)
    if (key === undefined) {
      key = shortId(id)
      hashes.set(id, key)
    }
    return key
  }
}
