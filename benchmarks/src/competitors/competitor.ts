import type { KeyAt } from '../keys.ts'

/** What every competitor is told to hold each key to: `units` an hour, all of which may be taken at once. */
export interface Allowance {
  readonly units: number
  /** How many keys there will be. */
  readonly keys: number
}

/** Asks `count` questions from the `from`-th on, one after the other, and says how many were allowed. */
export type Loop = (keyAt: KeyAt, from: number, count: number) => number | Promise<number>

/** A module of this folder exports one or more of these. */
export type Competitor = (allowance: Allowance) => Loop

// A process runs one competitor only, so the calls in these loops have one target each and can be inlined.

export function syncLoop(take: (key: string) => boolean): Loop {
  return (keyAt, from, count) => {
    let allowed = 0
    for (let i = from; i < from + count; i++) if (take(keyAt(i))) allowed++
    return allowed
  }
}

export function awaitedLoop<A>(ask: (key: string) => Promise<A>, isAllowed: (answer: A) => boolean): Loop {
  return async (keyAt, from, count) => {
    let allowed = 0
    for (let i = from; i < from + count; i++) if (isAllowed(await ask(keyAt(i)))) allowed++
    return allowed
  }
}

/** For those whose denial is a rejection, with something that is no Error. */
export function rejectingLoop(ask: (key: string) => Promise<unknown>): Loop {
  return async (keyAt, from, count) => {
    let allowed = 0
    for (let i = from; i < from + count; i++) {
      try {
        await ask(keyAt(i))
        allowed++
      } catch (denial) {
        if (denial instanceof Error) throw denial
      }
    }
    return allowed
  }
}
