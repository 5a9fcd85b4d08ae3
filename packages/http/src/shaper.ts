/** A request that waits for its turn. */
interface Waiting {
  /** Called when it may run. */
  readonly release: () => void
}

/** Lines of admitted requests, one for each key. */
export interface Shaper {
  /**
   * Resolves when it is the request's turn: true, or false when the client went away before.
   *
   * @param line whose turns they are
   * @param delayMs after which it may run
   * @param onGone as {@link Host.onGone}
   */
  hold(line: string, delayMs: number, onGone: (listener: () => void) => () => void): Promise<boolean>
  /** How many wait. */
  readonly waiting: number
}

interface Line {
  readonly waiting: Waiting[]
  /** When somebody may run, ascending, as many as there are waiting: a turn belongs to a place, not to a request. */
  readonly turns: number[]
  timer?: ReturnType<typeof setTimeout>
}

/**
 * Releases requests one by one, in their order. When one leaves, those behind it move up by a turn and the last turn falls
 * free: that is the unit which is given back to the limit.
 */
export function createShaper(): Shaper {
  const lines = new Map<string, Line>()
  let count = 0

  const arm = (key: string, line: Line): void => {
    clearTimeout(line.timer)
    const first = line.turns[0]
    if (first === undefined) lines.delete(key)
    else line.timer = setTimeout(releaseDue, Math.max(0, first - performance.now()), key, line)
  }
  const releaseDue = (key: string, line: Line): void => {
    // Timers may fire a little early.
    while ((line.turns[0] ?? Number.POSITIVE_INFINITY) <= performance.now() + 1) {
      line.turns.shift()
      line.waiting.shift()?.release()
    }
    arm(key, line)
  }

  return {
    get waiting() {
      return count
    },
    hold(key, delayMs, onGone) {
      let line = lines.get(key)
      if (line === undefined) {
        line = { waiting: [], turns: [] }
        lines.set(key, line)
      }
      const { waiting, turns } = line
      const own = line
      count += 1
      return new Promise((resolve) => {
        const done = (ran: boolean): void => {
          count -= 1
          forget()
          resolve(ran)
        }
        const request: Waiting = { release: () => done(true) }
        const forget = onGone(() => {
          const at = waiting.indexOf(request)
          if (at < 0) return
          waiting.splice(at, 1)
          turns.pop()
          arm(key, own)
          done(false)
        })
        waiting.push(request)
        turns.push(Math.max(performance.now() + delayMs, turns.at(-1) ?? 0))
        if (turns.length === 1) arm(key, own)
      })
    },
  }
}
