import { type Allowance, awaitedLoop, type Competitor, syncLoop } from './competitor.ts'

const HOUR_MS = 3_600_000

/**
 * The least that a token bucket in a process can be: a Map of keys to slots in a Float64Array, and a reading of the clock. It
 * answers yes or no and nothing else, forgets nothing, and checks nothing of what it is given.
 */
function bucket({ units, keys }: Allowance): (key: string) => boolean {
  const slots = new Map<string, number>()
  const cells = new Float64Array(keys * 2)
  const perMs = units / HOUR_MS
  return (key) => {
    const now = performance.now()
    let at = slots.get(key)
    if (at === undefined) {
      at = slots.size * 2
      slots.set(key, at)
      cells[at] = now
    }
    const level = Math.max(0, (cells[at + 1] as number) - (now - (cells[at] as number)) * perMs)
    if (level + 1 > units) return false
    cells[at] = now
    cells[at + 1] = level + 1
    return true
  }
}

export const floorSync: Competitor = (allowance) => syncLoop(bucket(allowance))

/** The same behind a promise: the least that an awaited answer can cost. */
export const floorAwaited: Competitor = (allowance) => {
  const take = bucket(allowance)
  return awaitedLoop(
    async (key) => take(key),
    (allowed) => allowed,
  )
}
