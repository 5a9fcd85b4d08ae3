/** Lines of waiters, one per key: first come, first served. A line that nobody stands in takes no memory. */
export interface Lines {
  /**
   * Stands in line. Resolves when it is one's turn, with the function that hands the turn on; rejects with the signal's
   * reason when it is aborted before, and the place is free.
   */
  stand(key: string, signal?: AbortSignal): Promise<() => void>
}

export function createLines(): Lines {
  const lines = new Map<string, (() => void)[]>()

  const leave = (key: string, waiter: () => void): void => {
    const line = lines.get(key)
    if (line === undefined) return
    const place = line.indexOf(waiter)
    if (place < 0) return
    line.splice(place, 1)
    if (line.length === 0) lines.delete(key)
    else if (place === 0) line[0]?.()
  }

  return {
    stand: (key, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          leave(key, turn)
          reject(signal?.reason)
        }
        const turn = () => {
          signal?.removeEventListener('abort', abort)
          resolve(() => leave(key, turn))
        }
        signal?.addEventListener('abort', abort, { once: true })
        const line = lines.get(key)
        if (line === undefined) {
          lines.set(key, [turn])
          turn()
        } else line.push(turn)
      }),
  }
}
