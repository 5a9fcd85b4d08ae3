import type { Schedule } from './interleave.ts'
import type { Section } from './table.ts'

/** One thing to measure: named on the command line by itself or by its suite. */
export interface Scenario {
  readonly suite: string
  readonly name: string
  run(settings: Settings): Promise<Section>
}

/** How large and how long a run is. */
export interface Settings {
  readonly schedule: Schedule
  /** How many times everyone starts anew: what a compiler makes of a program differs from process to process. */
  readonly crews: number
  /** How many keys are "many". */
  readonly manyKeys: number
  /** How often the log is repeated for the replay, and how often that is replayed. */
  readonly logCopies: number
  readonly replayRounds: number
}

export const FULL: Settings = {
  schedule: { rounds: 16, sampleMs: 60, warmMs: 1_600, runUpMs: 120 },
  crews: 2,
  manyKeys: 1_000_000,
  logCopies: 10,
  replayRounds: 3,
}

/** Fewer keys and shorter measurements, to see that everything runs: its figures are not to be quoted. */
export const QUICK: Settings = {
  schedule: { rounds: 3, sampleMs: 20, warmMs: 300, runUpMs: 0 },
  crews: 1,
  manyKeys: 50_000,
  logCopies: 1,
  replayRounds: 1,
}
