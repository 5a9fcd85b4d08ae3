import { createDistinct } from './distinct.ts'

/** A key that was denied. */
export interface DeniedKey {
  readonly key: string
  readonly requests: number
  readonly denied: number
}

/** What is known of the keys in the end. */
interface KeyCounts {
  /** Distinct keys. */
  readonly keys: number
  /** Whether there were more keys than are counted one by one: then `keys` is right to about 1 %. */
  readonly estimated: boolean
}

/** Counts requests and denials by key, in bounded memory. */
export interface Tally {
  /** The slot of a key, until the next call. */
  slotOf(key: string): number
  /** The key of a slot: always the same string, whose hash is known. */
  keyOf(slot: number): string
  request(slot: number): void
  deny(slot: number, policy: number): void
  counts(): KeyCounts
  /** The keys that a policy denied most, and how many it denied at all. */
  denied(
    policy: number,
    most: number,
  ): { readonly top: readonly DeniedKey[]; readonly keys: number; readonly slack: number }
}

/**
 * Exact for up to `maxKeys` keys. When there are more, the half with the fewest denials (then requests) is forgotten to make room,
 * and may come back from zero: a key's count is then too low by at most `slack`, what the forgotten ones had in all rounds
 * added up, so those that are denied often stay right. Distinct keys are estimated from then on.
 */
export function createTally(policies: number, maxKeys: number): Tally {
  const width = 1 + policies
  const distinct = createDistinct()
  let slots = new Map<string, number>()
  let keys: string[] = []
  let counts = new Float64Array(1_024 * width)
  let estimated = false
  const slack = new Array<number>(policies).fill(0)

  const countOf = (slot: number, column: number): number => counts[slot * width + column] as number
  const deniedOf = (slot: number): number => {
    let sum = 0
    for (let column = 1; column < width; column++) sum += countOf(slot, column)
    return sum
  }

  /** What a key is worth keeping for: its denials, then its requests. */
  const worthOf = (slot: number): number => deniedOf(slot) * 2 ** 20 + Math.min(countOf(slot, 0), 2 ** 20 - 1)

  const forget = (): void => {
    estimated = true
    const worth = Float64Array.from(keys, (_, slot) => worthOf(slot))
    const ranked = worth.toSorted()
    const half = Math.floor(maxKeys / 2)
    const least = ranked[ranked.length - half] as number
    // Of those that are worth just as much as the least, as many as there is room for.
    let room = half - ranked.length + firstAbove(ranked, least)
    let kept = 0
    const lost = new Array<number>(policies).fill(0)
    const names = keys
    keys = []
    slots = new Map()
    names.forEach((name, slot) => {
      const value = worth[slot] as number
      if (value > least || (value === least && room-- > 0)) {
        counts.copyWithin(kept * width, slot * width, (slot + 1) * width)
        slots.set(name, kept++)
        keys.push(name)
      } else {
        for (let policy = 0; policy < policies; policy++) {
          lost[policy] = Math.max(lost[policy] as number, countOf(slot, 1 + policy))
        }
      }
    })
    counts.fill(0, kept * width)
    lost.forEach((most, policy) => {
      slack[policy] = (slack[policy] as number) + most
    })
  }

  return {
    slotOf(key) {
      const known = slots.get(key)
      if (known !== undefined) return known
      if (keys.length >= maxKeys) forget()
      const slot = keys.length
      if ((slot + 1) * width > counts.length) {
        const grown = new Float64Array(counts.length * 2)
        grown.set(counts)
        counts = grown
      }
      distinct.add(key)
      slots.set(key, slot)
      keys.push(key)
      return slot
    },
    keyOf: (slot) => keys[slot] as string,
    request(slot) {
      counts[slot * width] = countOf(slot, 0) + 1
    },
    deny(slot, policy) {
      counts[slot * width + 1 + policy] = countOf(slot, 1 + policy) + 1
    },
    counts: () => ({ keys: estimated ? distinct.estimate() : keys.length, estimated }),
    denied(policy, most) {
      const column = 1 + policy
      const order = keys.map((_, slot) => slot).filter((slot) => countOf(slot, column) > 0)
      order.sort((a, b) => countOf(b, column) - countOf(a, column) || (key(a) < key(b) ? -1 : 1))
      const top = order.slice(0, most).map((slot) => ({
        key: key(slot),
        requests: countOf(slot, 0),
        denied: countOf(slot, column),
      }))
      return { top, keys: order.length, slack: slack[policy] as number }
    },
  }

  function key(slot: number): string {
    return keys[slot] as string
  }
}

/** Where what is greater than a value begins in sorted numbers. */
function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) > value) high = middle
    else low = middle + 1
  }
  return low
}
