import { quantile } from '../figures.ts'
import { seeded } from '../random.ts'

/** Nanoseconds per request of each contestant, a number a round. */
export type Times = ReadonlyMap<string, readonly number[]>

/** What a limiter costs a request, in nanoseconds. */
export interface Cost {
  readonly whole: number
  /** Above the same application without a limiter. */
  readonly added: number
  /** How many times the cost that another limiter adds. */
  readonly ratio: number
  /** Within which the ratio lies in nine of ten draws of the rounds. */
  readonly between: readonly [low: number, high: number]
}

/**
 * Whatever else runs on a machine makes the same work take longer, by emptying the caches for instance, and never shorter. In a
 * difference of two figures that would be most of it; so each stands for the calmest tenth of its rounds.
 */
const CALM = 0.1
const DRAWS = 500
const SEED = 7

export function calm(times: readonly number[]): number {
  return quantile(times, CALM)
}

/** What `own` adds to `base`, and how many times what `other` adds to it. */
export function costOf(times: Times, own: string, base: string, other: string): Cost {
  const [o, b, h] = [own, base, other].map((name) => times.get(name) ?? []) as [number[], number[], number[]]
  const ratio = (pick: (list: readonly number[]) => readonly number[]): number => {
    const floor = calm(pick(b))
    return (calm(pick(o)) - floor) / (calm(pick(h)) - floor)
  }
  const random = seeded(SEED)
  const draws = Array.from({ length: DRAWS }, () => {
    const rounds = b.map(() => Math.floor(random() * b.length))
    return ratio((list) => rounds.map((round) => list[round] as number))
  })
  return {
    whole: calm(o),
    added: calm(o) - calm(b),
    ratio: ratio((list) => list),
    between: [quantile(draws, 0.05), quantile(draws, 0.95)],
  }
}
