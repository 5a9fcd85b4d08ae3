/** A Map that forgets what wasn't used of late. */
export interface Recent<V> {
  get(key: string): V | undefined
  /** Keeps a value of a weight: 1 for an ordinary one. What weighs more than half of the whole is not kept. */
  set(key: string, value: V, weight: number): void
  delete(key: string): void
  clear(): void
}

/**
 * Two generations: what is used stands in the young one; when that holds half of `capacity` it becomes the old one, and
 * what then was in the old one is forgotten. No list to keep in order, no timer, and never more than `capacity`.
 */
export function createRecent<V>(capacity: number): Recent<V> {
  interface Entry {
    readonly value: V
    readonly weight: number
  }
  const half = Math.floor(capacity / 2)
  let young = new Map<string, Entry>()
  let old = new Map<string, Entry>()
  let weight = 0

  const add = (key: string, entry: Entry): void => {
    if (weight + entry.weight > half) {
      old = young
      young = new Map()
      weight = 0
    }
    old.delete(key)
    young.set(key, entry)
    weight += entry.weight
  }
  const remove = (key: string): void => {
    weight -= young.get(key)?.weight ?? 0
    young.delete(key)
    old.delete(key)
  }

  return {
    get(key) {
      const known = young.get(key)
      if (known !== undefined) return known.value
      const aged = old.get(key)
      if (aged !== undefined) add(key, aged)
      return aged?.value
    },
    set(key, value, own) {
      remove(key)
      if (own <= half) add(key, { value, weight: own })
    },
    delete: remove,
    clear() {
      young = new Map()
      old = new Map()
      weight = 0
    },
  }
}
