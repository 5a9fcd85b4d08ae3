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
 * difference of two figures that would be most of it; so each stands for the calmest tenth of its rounds. What the compiler makes of
 * the same program is luck of another kind, which a user has as well: over crews of fresh processes it is the mean.
 */
const CALM = 0.1
const DRAWS = 500
const SEED = 7

export function calm(times: readonly number[]): number {
  return quantile(times, CALM)
}

/** What `own` adds to `base`, and how many times what `others` add to it, on average: the same one may compete several times. */
export function costOf(
  crews: readonly Times[],
  own: string,
  base: string,
  ...others: readonly [string, ...string[]]
): Cost {
  /** Some of a crew's rounds, the same of everyone. */
  type Pick = (list: readonly number[], crew: number) => readonly number[]
  const calmOf = (name: string, pick: Pick): number =>
    crews.reduce((sum, times, crew) => sum + calm(pick(times.get(name) ?? [], crew)), 0) / crews.length
  const ratioOf = (pick: Pick): number => {
    const floor = calmOf(base, pick)
    const other = others.reduce((sum, name) => sum + calmOf(name, pick), 0) / others.length
    return (calmOf(own, pick) - floor) / (other - floor)
  }
  const all: Pick = (list) => list
  const random = seeded(SEED)
  const draws = Array.from({ length: DRAWS }, () => {
    const drawn = crews.map((times) =>
      (times.get(base) ?? []).map((_, __, { length }) => Math.floor(random() * length)),
    )
    return ratioOf((list, crew) => (drawn[crew] ?? []).map((round) => list[round] as number))
  })
  return {
    whole: calmOf(own, all),
    added: calmOf(own, all) - calmOf(base, all),
    ratio: ratioOf(all),
    between: [quantile(draws, 0.05), quantile(draws, 0.95)],
  }
}
