/** So much at a time; the rest waits for its turn, first come, first served. */
export interface Turns {
  /** How much more could begin at once. */
  room(): number
  take<T>(work: () => Promise<T>): Promise<T>
}

export function createTurns(max: number): Turns {
  const waiting: (() => void)[] = []
  let busy = 0
  return {
    room: () => max - busy,
    async take(work) {
      // Who is woken has the place of the one who left.
      if (busy < max) busy++
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next === undefined) busy--
        else next()
      }
    },
  }
}
