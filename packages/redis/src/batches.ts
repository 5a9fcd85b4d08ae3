import type { Call } from './calls.ts'

/** Numbers in the reply to a batch: more would keep the server for too long, and the others with it. */
const MAX_WEIGHT = 20_000

/**
 * Shares calls out over scripts: decisions go together, everything else by itself. In a Cluster a script is confined to a
 * slot, so there only decisions about one subject go together.
 */
export function batchesOf(calls: readonly Call[], cluster: boolean): readonly (readonly Call[])[] {
  if (calls.length === 1 || (!cluster && fitTogether(calls))) return [calls]
  const batches: Call[][] = []
  const open = new Map<string, { readonly batch: Call[]; weight: number }>()
  for (const call of calls) {
    const subject = cluster ? subjectOf(call) : ''
    const weight = weightOf(call)
    const last = subject === undefined ? undefined : open.get(subject)
    if (last !== undefined && last.weight + weight <= MAX_WEIGHT) {
      last.batch.push(call)
      last.weight += weight
      continue
    }
    const batch = [call]
    batches.push(batch)
    if (subject !== undefined && weight <= MAX_WEIGHT) open.set(subject, { batch, weight })
  }
  return batches
}

function fitTogether(calls: readonly Call[]): boolean {
  let weight = 0
  for (const call of calls) weight += weightOf(call)
  return weight <= MAX_WEIGHT
}

/** The hash tag of a call's keys; undefined if they have several. */
function subjectOf({ places }: Call): string | undefined {
  const tag = places[0]?.tag
  return places.every((place) => place.tag === tag) ? tag : undefined
}

/** How many numbers the reply to a call may have; infinitely many where it goes by itself. */
function weightOf(call: Call): number {
  if (call.kind !== 'decide') return Number.POSITIVE_INFINITY
  let weight = 0
  for (const { rule } of call.items) weight += rule.algorithm === 'sliding-log' ? 2 * rule.limit : 4
  return weight
}
