import type { Check } from '@headgate/core'
import type { Call } from './calls.ts'

/** What a script may weigh: more would keep the server for too long, and the others with it. */
export const MAX_WEIGHT = 20_000

/** A call, and how many others like it come right behind: they are told, decided and answered as one with a count. */
export interface Repeated<C extends Call = Call> {
  readonly call: C
  /** How many numbers a reply to one of them may have; infinitely many where it goes by itself. */
  readonly weight: number
  times: number
}

/** Gathers decisions of one check that ask the same of the same key at the same time. */
export function repeatsOf(calls: readonly Call[]): readonly Repeated[] {
  const repeats: Repeated[] = []
  let last: Repeated | undefined
  for (const call of calls) {
    if (last !== undefined && areEqual(last.call, call) && (last.times + 1) * last.weight <= MAX_WEIGHT) {
      last.times++
    } else {
      last = { call, weight: weightOf(call), times: 1 }
      repeats.push(last)
    }
  }
  return repeats
}

/** How many of these calls there are before the first that is one different call too many. */
export function lengthOf(calls: readonly Call[], different: number): number {
  if (calls.length <= different) return calls.length
  let left = different
  for (let i = 1; i < calls.length; i++) {
    if (!areEqual(calls[i - 1] as Call, calls[i] as Call) && --left === 0) return i
  }
  return calls.length
}

function areEqual(one: Call, other: Call): boolean {
  if (one.kind !== 'decide' || other.kind !== 'decide') return false
  if (one.items.length !== 1 || other.items.length !== 1) return false
  const [a, b] = [one.items[0] as Check, other.items[0] as Check]
  return (
    a.rule === b.rule &&
    a.cost === b.cost &&
    one.now === other.now &&
    one.places[0]?.key === other.places[0]?.key
  )
}

function weightOf(call: Call): number {
  if (call.kind !== 'decide') return Number.POSITIVE_INFINITY
  let weight = 0
  for (const { rule } of call.items) weight += rule.algorithm === 'sliding-log' ? 2 * rule.limit : 4
  return weight
}
