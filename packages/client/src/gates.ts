import type { Gate } from './gate.ts'

/** How many of those that were used longest ago are looked at when a new one comes. */
const LOOK = 2

/**
 * A table of gates by origin, bounded and without timers: each that comes makes two old ones go that know nothing any more,
 * and a full table lets go of the one that was used longest ago. Gates that are in use stay.
 */
export function createGates(max: number, create: () => Gate): (origin: string) => Gate {
  const gates = new Map<string, Gate>()

  const makeRoom = (): void => {
    let looked = 0
    for (const [origin, gate] of gates) {
      const isFull = gates.size >= max
      if (looked++ >= LOOK && !isFull) return
      if (gate.isBlank() || (isFull && !gate.isUsed())) gates.delete(origin)
    }
  }

  return (origin) => {
    const known = gates.get(origin)
    if (known !== undefined) {
      gates.delete(origin)
      gates.set(origin, known)
      return known
    }
    makeRoom()
    const gate = create()
    // With all of them in use, a further origin's requests don't share what they learn.
    if (gates.size < max) gates.set(origin, gate)
    return gate
  }
}
