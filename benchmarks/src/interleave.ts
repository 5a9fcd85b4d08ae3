import { shuffle } from './random.ts'

/** What one measurement found: so many operations in so much time. */
export interface Sample {
  readonly operations: number
  readonly ns: number
}

/** One who takes part: kept ready, and asked in turn for a measurement of about `ms` milliseconds. */
export interface Contestant {
  readonly name: string
  sample(ms: number): Promise<Sample>
}

/** How long to measure. */
export interface Schedule {
  readonly rounds: number
  readonly sampleMs: number
  /** Before anything is counted: it takes the engine so long until it has compiled what is measured. */
  readonly warmMs: number
  /** Before each turn, not counted: a core that was idle meanwhile takes a tenth of a second until it is at its full speed. */
  readonly runUpMs: number
}

/**
 * Asks everyone once a round, one after the other and in another order each round, so that what the machine does meanwhile
 * falls on all of them alike. Answers with each contestant's nanoseconds per operation, a number a round.
 */
export async function interleave(
  contestants: readonly Contestant[],
  { rounds, sampleMs, warmMs, runUpMs }: Schedule,
  random: () => number,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  if (warmMs > 0) for (const contestant of contestants) await contestant.sample(warmMs)
  for (let round = 0; round < rounds; round++) {
    for (const contestant of shuffle([...contestants], random)) {
      if (runUpMs > 0) await contestant.sample(runUpMs)
      const { operations, ns } = await contestant.sample(sampleMs)
      if (!(operations > 0 && ns > 0)) throw new Error(`${contestant.name} measured nothing`)
      times.get(contestant.name)?.push(ns / operations)
    }
  }
  return times
}
