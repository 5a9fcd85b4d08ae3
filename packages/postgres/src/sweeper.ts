/** How many new rows call for a sweep, and how many of a round's pages it goes through for each of them. */
const ROWS = 500
/** Milliseconds after which a process that decides sweeps anyway. */
const INTERVAL = 10_000
/** Pages of a sweep: some hundred rows, a few milliseconds. */
const PAGES = 16

/** Sweeps now and then, in the background. */
export interface Sweeper {
  /** Says that a statement was answered, and how many rows it added. */
  after(added: number): void
  /** Resolves when no sweep is under way, and begins no other. */
  close(): Promise<void>
}

/**
 * Goes round the table while it grows, and slowly while decisions are made at all. `sweep` does so many pages from a page on,
 * and says which is next; whatever it fails of, the next one may do. Each process begins somewhere else.
 */
export function createSweeper(sweep: (page: number, pages: number) => Promise<number>): Sweeper {
  let page = Math.floor(Math.random() * 2 ** 20)
  let added = 0
  let last = performance.now()
  let underWay: Promise<void> | undefined
  let closed = false

  const run = async (): Promise<void> => {
    try {
      page = await sweep(page, PAGES)
    } catch {
      // Who decides will hear of it.
    }
    underWay = undefined
  }

  return {
    after(rows) {
      added += rows
      if (closed || underWay !== undefined) return
      const now = performance.now()
      if (added < ROWS && now - last < INTERVAL) return
      added = 0
      last = now
      underWay = run()
    },
    async close() {
      closed = true
      await underWay
    },
  }
}
