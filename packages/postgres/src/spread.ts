import { arePlain, type Call } from './calls.ts'

/** How many keys are worth a statement of their own, which by itself costs as much as ten. */
const KEYS = 32

/**
 * Shares calls out over statements, at most so many, where each is of a key of its own: so the server works on one while this
 * process reads the answers to another. Few keys stay together, however many ask of them.
 */
export function spread(calls: readonly Call[], most: number): (readonly Call[])[] {
  const count = Math.min(most, Math.round(calls.length / KEYS))
  if (count < 2 || !arePlain(calls)) return [calls]
  const size = Math.ceil(calls.length / count)
  return Array.from({ length: count }, (_, i) => calls.slice(i * size, (i + 1) * size))
}
