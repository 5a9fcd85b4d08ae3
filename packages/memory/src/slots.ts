import { MAX_SHORT_ID, type Micros, shortId } from '@headgate/core'
import { LRUCache } from 'lru-cache'

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
  const index = new Map<string, number>()
  const keys: (string | undefined)[] = []
  const free: number[] = []
  const keyOf = createKeyOf()
  let sharing = false
  let evicted = 0
  let overflowed = 0

  // The last answer of `find`: the limits of one decision, and the requests of a burst, ask for the same subject.
  let lastId: string | undefined
  let lastSlot = -1

  let hand = 0
  let looked = 0
  let firstEmptyAt = Number.POSITIVE_INFINITY
  let lookFrom = 0

  const drop = (key: string, slot: number): void => {
    index.delete(key)
    keys[slot - shared] = undefined
    lastId = undefined
  }

  const evict = (now: Micros): number | undefined => {
    if (now < lookFrom) return undefined
    for (let i = 0; i < LOOK; i++) {
      const slot = shared + hand
      hand = (hand + 1) % keys.length
      const at = emptyAt(slot)
      if (at <= now) {
        drop(keys[slot - shared] as string, slot)
        clear(slot)
        evicted++
        return slot
      }
      firstEmptyAt = Math.min(firstEmptyAt, at)
      if (++looked < maxKeys) continue
      lookFrom = firstEmptyAt
      looked = 0
      firstEmptyAt = Number.POSITIVE_INFINITY
      return undefined
    }
    return undefined
  }

  return {
    find(id) {
      if (id === lastId) return lastSlot
      lastSlot = index.get(keyOf(id)) ?? (sharing ? sharedSlot(id, shared) : -1)
      lastId = id
      return lastSlot
    },

    own: (id) => index.get(keyOf(id)) ?? -1,

    claim(id, now) {
      const key = keyOf(id)
      const known = index.get(key)
      if (known !== undefined) return known
      lastId = undefined
      const slot = index.size < maxKeys ? (free.pop() ?? shared + keys.length) : evict(now)
      if (slot === undefined) {
        sharing = true
        overflowed++
        return sharedSlot(id, shared)
      }
      index.set(key, slot)
      keys[slot - shared] = key
      // What the subject charged to a shared entry must not be forgotten now that it has its own.
      if (sharing) copy(sharedSlot(id, shared), slot)
      return slot
    },

    release(id) {
      const key = keyOf(id)
      const slot = index.get(key)
      if (slot === undefined) return
      drop(key, slot)
      free.push(slot)
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

/** FNV-1a: which shared entry a subject falls to. */
function sharedSlot(id: string, shared: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < Math.min(id.length, 256); i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % shared
}
