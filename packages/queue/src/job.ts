import type { Micros } from '@headgate/core'
import type { Placed } from './heap.ts'
import type { JobSettings } from './job-options.ts'
import type { Permit } from './queue.ts'

/** A request's place in the order of all. */
export interface Ranked {
  readonly rank: number
  /** In which order they arrived. */
  readonly number: number
}

/** Who waits. */
export interface Job extends Ranked, Placed {
  readonly asked: JobSettings
  readonly arrivedAt: Micros
  /** It is started before that time, or not at all. */
  readonly deadline: Micros
  readonly accept: (permit: Permit) => void
  readonly reject: (reason: unknown) => void
}

/**
 * What jobs are sorted by: lower goes first.
 *
 * With aging, a job's priority at a time is `priority + (now − arrivedAt) / aging`. All of these rise at one speed, so which of
 * two is higher never changes: it is the one with the lower `arrivedAt − priority × aging`. That doesn't depend on the time, so a
 * heap stays in order while everybody in it ages.
 */
export function rankOf(priority: number, arrivedAt: Micros, aging: Micros | false): number {
  return aging === false ? -priority : arrivedAt - priority * aging
}

/** Whether `a` goes first; among equals whoever came first does. */
export function isBefore(a: Ranked, b: Ranked): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.number < b.number)
}
