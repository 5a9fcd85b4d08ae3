/** Something that knows its place in each heap that it is in, by the heap's number; -1 where it is in none. */
export interface Placed {
  readonly places: number[]
}

/** A binary heap from which anything can be taken, wherever it stands, in O(log n). */
export interface Heap<T> {
  readonly size: number
  first(): T | undefined
  has(item: T): boolean
  add(item: T): void
  /** Takes it out, so that nothing of it is kept. What isn't in the heap is left as it is. */
  remove(item: T): void
}

/**
 * Each item keeps its own place, so that none has to be looked for. Leaving those that have gone in the heap until they come
 * up would be less code, but then what a caller gave up is kept for as long as the queue doesn't move.
 *
 * @param number which of the item's places is this heap's
 * @param before whether `a` goes before `b`: a total order
 */
export function createHeap<T extends Placed>(number: number, before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = []

  const put = (item: T, place: number): void => {
    items[place] = item
    item.places[number] = place
  }

  const rise = (item: T, from: number): void => {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = items[above] as T
      if (!before(item, parent)) break
      put(parent, place)
      place = above
    }
    put(item, place)
  }

  const sink = (item: T, from: number): void => {
    let place = from
    for (;;) {
      let below = 2 * place + 1
      if (below >= items.length) break
      const right = items[below + 1]
      if (right !== undefined && before(right, items[below] as T)) below++
      const child = items[below] as T
      if (!before(child, item)) break
      put(child, place)
      place = below
    }
    put(item, place)
  }

  const has = (item: T): boolean => (item.places[number] as number) >= 0

  return {
    get size() {
      return items.length
    },
    first: () => items[0],
    has,
    add: (item) => rise(item, items.length),
    remove(item) {
      if (!has(item)) return
      const place = item.places[number] as number
      const last = items.pop() as T
      item.places[number] = -1
      if (last === item) return
      // The last one fills the gap. It came from elsewhere in the tree, so it may belong higher or lower.
      const parent = items[(place - 1) >> 1]
      if (place > 0 && parent !== undefined && before(last, parent)) rise(last, place)
      else sink(last, place)
    },
  }
}
