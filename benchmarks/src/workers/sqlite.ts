import type { Sample } from '../interleave.ts'
import type { Prepare } from './seat.ts'
import { timed } from './timed.ts'

export interface SqliteTask {
  readonly competitor: keyof typeof COMPETITORS
  readonly file: string
  /** How many decisions are asked for at once, before any is answered. */
  readonly together: number
}

/** Answers so many questions about one key, asked for at once; says how many were allowed. */
type Round = (count: number) => number | Promise<number>

const UNITS = 1_000_000_000
const KEY = 'user:1'

export const COMPETITORS = {
  floor: async (file: string): Promise<Round> => {
    const take = (await import('../competitors/sqlite-floor.ts')).sqliteFloor(file, UNITS)
    return (count) => countAllowed(count, () => take(KEY))
  },
  'headgate, sync': async (file: string): Promise<Round> => {
    const limiter = (await import('../competitors/sqlite-headgate.ts')).sqliteHeadgate(file, UNITS)
    return (count) => countAllowed(count, () => limiter.consumeSync(KEY).allowed)
  },
  'headgate, awaited': async (file: string): Promise<Round> => {
    const limiter = (await import('../competitors/sqlite-headgate.ts')).sqliteHeadgate(file, UNITS)
    return async (count) => {
      const decisions = await Promise.all(Array.from({ length: count }, () => limiter.consume(KEY)))
      return decisions.filter(({ allowed }) => allowed).length
    }
  },
}

export const prepare: Prepare<SqliteTask, Sample> = async ({ competitor, file, together }) => {
  const round = await COMPETITORS[competitor](file)
  return (ms) =>
    timed(ms, async () => {
      const allowed = await round(together)
      if (allowed !== together) throw new Error(`allowed ${allowed} of ${together}`)
      return together
    })
}

function countAllowed(count: number, take: () => boolean): number {
  let allowed = 0
  for (let i = 0; i < count; i++) if (take()) allowed++
  return allowed
}
