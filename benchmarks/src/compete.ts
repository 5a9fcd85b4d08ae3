import { interleave, type Sample } from './interleave.ts'
import { seeded } from './random.ts'
import type { Settings } from './scenario.ts'
import { type Seat, seat } from './workers/seat.ts'

/** One who takes part, and what its process is to do. */
export interface Entrant {
  readonly name: string
  readonly task: object
}

/**
 * Measures everyone in a process each, the rounds shared out over so many crews of fresh processes. Answers as
 * {@link interleave} does, with the rounds of all crews together.
 */
export async function compete(
  worker: string,
  entrants: (crew: number) => readonly Entrant[],
  { schedule, crews }: Pick<Settings, 'schedule' | 'crews'>,
): Promise<Map<string, number[]>> {
  const rounds = Math.ceil(schedule.rounds / crews)
  const times = new Map<string, number[]>()
  for (let crew = 0; crew < crews; crew++) {
    for (const [name, found] of await runCrew(worker, entrants(crew), { ...schedule, rounds })) {
      times.set(name, [...(times.get(name) ?? []), ...found])
    }
  }
  return times
}

async function runCrew(worker: string, entrants: readonly Entrant[], schedule: Settings['schedule']) {
  const starts = await Promise.allSettled(
    entrants.map(({ name, task }) => seat<object, Sample>(name, worker, task)),
  )
  const seats: Seat<Sample>[] = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  try {
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    const contestants = entrants.map(({ name }, i) => ({ name, ...(seats[i] as Seat<Sample>) }))
    return await interleave(contestants, schedule, seeded(Date.now()))
  } finally {
    await Promise.all(seats.map(({ close }) => close()))
  }
}
