import type { Limiting } from '../http/application.ts'
import { handlerCallers, serverCallers } from '../http/callers.ts'
import { FRAMEWORKS, type Framework } from '../http/frameworks.ts'
import { type Contestant, interleave, type Sample, type Schedule } from '../interleave.ts'
import { seeded } from '../random.ts'
import type { Prepare } from './seat.ts'
import { timed } from './timed.ts'

/** One application. */
export interface HttpTask {
  readonly framework: string
  readonly limiting: Limiting
  readonly verdict: 'allow' | 'deny'
}

/** Applications that are measured in one process. */
export interface HttpCrew {
  readonly entrants: readonly { readonly name: string; readonly task: HttpTask }[]
  readonly schedule: Schedule
}

const UNITS = { allow: 1_000_000, deny: 1 }
export const STATUS = { allow: 200, deny: 429 }
/** A day, so that no window ends while it is measured. */
const WINDOW_MS = 86_400_000
const TOGETHER = 64
const CLIENTS = 4_096

/** The application of a task. */
export async function makeApplication({ framework, limiting, verdict }: HttpTask) {
  // Frameworks are quicker, and say less of errors, where they are told that it is earnest.
  process.env['NODE_ENV'] = 'production'
  const make = await (FRAMEWORKS[framework] as Framework).load()
  return make(limiting, { units: UNITS[verdict], windowMs: WINDOW_MS })
}

/** The processor's time for requests that come from within the process: every entrant's nanoseconds, a number a round. */
export const prepare: Prepare<HttpCrew, [string, number[]][]> = async ({ entrants, schedule }) => {
  const contestants = await Promise.all(entrants.map(makeContestant))
  const { warmMs, ...counted } = schedule
  // In turn as well: what the engine compiles for one application it compiles anew when it meets the next.
  const warming = { ...counted, rounds: Math.ceil(warmMs / (counted.sampleMs + counted.runUpMs)), warmMs: 0 }
  await interleave(contestants, warming, seeded(Date.now()))
  return async (sampleMs) => [
    ...(await interleave(contestants, { ...counted, sampleMs, warmMs: 0 }, seeded(Date.now()))),
  ]
}

async function makeContestant({ name, task }: HttpCrew['entrants'][number]): Promise<Contestant> {
  const application = await makeApplication(task)
  const addresses = Array.from({ length: CLIENTS }, (_, n) => `203.0.${113 + (n >> 8)}.${n & 255}`)
  const status = STATUS[task.verdict]
  const ask =
    typeof application === 'function'
      ? handlerCallers(application, status, TOGETHER, addresses)
      : serverCallers(application, status, TOGETHER, addresses)

  for (let i = 0; i < CLIENTS; i += TOGETHER) await ask()
  const batch = async (): Promise<number> => {
    const found = await ask()
    if (found !== TOGETHER) throw new Error(`answered ${found} of ${TOGETHER} by ${status}`)
    return TOGETHER
  }
  return { name, sample: (ms) => processorTime(() => timed(ms, batch)) }
}

/** How much of the processor's time, in all threads of this process, the operations took. */
export async function processorTime(work: () => Promise<Sample>): Promise<Sample> {
  const before = process.cpuUsage()
  const { operations } = await work()
  const { user, system } = process.cpuUsage(before)
  return { operations, ns: (user + system) * 1_000 }
}
