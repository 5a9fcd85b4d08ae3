import { createHeap } from './heap.ts'
import { isBefore, type Job } from './job.ts'

/** All who wait, seen from three sides: who is first, who is last, and whose time is over first. */
export interface Line {
  readonly size: number
  first(): Job | undefined
  last(): Job | undefined
  /** The one with the earliest deadline. */
  due(): Job | undefined
  has(job: Job): boolean
  /** How many of a key wait. */
  countOf(key: string): number
  add(job: Job): void
  remove(job: Job): void
}

/** Where a job stands in none of the three heaps. */
export function nowhere(): number[] {
  return [-1, -1, -1]
}

export function createLine(): Line {
  const byRank = createHeap<Job>(0, isBefore)
  const byRankReversed = createHeap<Job>(1, (a, b) => isBefore(b, a))
  const byDeadline = createHeap<Job>(
    2,
    (a, b) => a.deadline < b.deadline || (a.deadline === b.deadline && a.number < b.number),
  )
  const heaps = [byRank, byRankReversed, byDeadline]
  // A Map, since keys are anybody's: `__proto__` is one like others. A key of which nobody waits isn't in it.
  const counts = new Map<string, number>()

  const count = (key: string | undefined, by: number): void => {
    if (key === undefined) return
    const left = (counts.get(key) ?? 0) + by
    if (left === 0) counts.delete(key)
    else counts.set(key, left)
  }

  return {
    get size() {
      return byRank.size
    },
    first: byRank.first,
    last: byRankReversed.first,
    due: byDeadline.first,
    has: byRank.has,
    countOf: (key) => counts.get(key) ?? 0,
    add(job) {
      for (const heap of heaps) heap.add(job)
      count(job.asked.key, 1)
    },
    remove(job) {
      if (!byRank.has(job)) return
      for (const heap of heaps) heap.remove(job)
      count(job.asked.key, -1)
    },
  }
}
