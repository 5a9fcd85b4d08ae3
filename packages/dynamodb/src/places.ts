/** A bounded number of places; who finds none waits, first come, first served. */
export interface Places {
  /** Does work in a place of its own. */
  hold<T>(work: () => Promise<T>): Promise<T>
}

export function createPlaces(count: number): Places {
  const waiting: (() => void)[] = []
  let free = count

  return {
    async hold(work) {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        // The place goes from hand to hand, so that nobody who comes now is quicker.
        const next = waiting.shift()
        if (next === undefined) free++
        else next()
      }
    },
  }
}
