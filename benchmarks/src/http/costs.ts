import { median, quantile } from '../figures.ts'
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
  /** Within which the ratio lies in nine of ten draws of the crews and their rounds. */
  readonly between: readonly [low: number, high: number]
}

/** Whatever else runs on a machine makes the same work take longer, never shorter: a figure by itself is that of the calmest tenth. */
const CALM = 0.1
const DRAWS = 500
const SEED = 7

export function calm(times: readonly number[]): number {
  return quantile(times, CALM)
}

/**
 * What `own` adds to `base`, and how many times what `other` adds to it. What the machine does meanwhile slows everyone in a round alike,
 * so a round tells by which part of the bare application's time a limiter lengthens it, and the median of the rounds is the
 * crew's. What the compiler makes of the same program is luck of another kind, which a user has as well: over crews, a fresh
 * process each, it is the mean.
 */
export function costOf(crews: readonly Times[], own: string, base: string, other: string): Cost {
  const found = crews.map((times) => roundsOf(times, own, base, other))
  const random = seeded(SEED)
  const draw = <T>(list: readonly T[]): T[] => list.map(() => list[Math.floor(random() * list.length)] as T)
  const draws = Array.from({ length: DRAWS }, () => ratioOf(draw(found).map(draw)))
  const calmOf = (name: string) => mean(crews.map((times) => calm(timesOf(times, name))))
  return {
    whole: calmOf(own),
    added: calmOf(base) * partOf(found, 'own'),
    ratio: ratioOf(found),
    between: [quantile(draws, 0.05), quantile(draws, 0.95)],
  }
}

/** By which part of the bare application's time two limiters lengthen it in a round. */
interface Round {
  readonly own: number
  readonly other: number
}

function roundsOf(times: Times, own: string, base: string, other: string): Round[] {
  const owns = timesOf(times, own)
  const others = timesOf(times, other)
  return timesOf(times, base).map((bare, i) => ({
    own: (owns[i] as number) / bare - 1,
    other: (others[i] as number) / bare - 1,
  }))
}

function ratioOf(crews: readonly (readonly Round[])[]): number {
  return partOf(crews, 'own') / partOf(crews, 'other')
}

function partOf(crews: readonly (readonly Round[])[], whose: keyof Round): number {
  return mean(crews.map((rounds) => median(rounds.map((round) => round[whose]))))
}

function timesOf(times: Times, name: string): readonly number[] {
  return times.get(name) ?? []
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
