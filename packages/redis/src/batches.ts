import type { Call } from './calls.ts'
import { MAX_WEIGHT, type Repeated } from './repeats.ts'

/**
 * Shares calls out over scripts: decisions go together, everything else by itself. In a Cluster a script is confined to a
 * slot, so there only decisions about one subject go together.
 */
export function batchesOf(calls: readonly Repeated[], cluster: boolean): readonly (readonly Repeated[])[] {
  if (calls.length === 1 || (!cluster && fitTogether(calls))) return [calls]
  const batches: Repeated[][] = []
  const open = new Map<string, { readonly batch: Repeated[]; weight: number }>()
  for (const each of calls) {
    const subject = cluster ? subjectOf(each.call) : ''
    const weight = each.weight * each.times
    const last = subject === undefined ? undefined : open.get(subject)
    if (last !== undefined && last.weight + weight <= MAX_WEIGHT) {
      last.batch.push(each)
      last.weight += weight
      continue
    }
    const batch = [each]
    batches.push(batch)
    if (subject !== undefined && weight <= MAX_WEIGHT) open.set(subject, { batch, weight })
  }
  return batches
}

function fitTogether(calls: readonly Repeated[]): boolean {
  let weight = 0
  for (const each of calls) weight += each.weight * each.times
  return weight <= MAX_WEIGHT
}

/** The hash tag of a call's keys; undefined if they have several. */
function subjectOf({ places }: Call): string | undefined {
  const tag = places[0]?.tag
  return places.every((place) => place.tag === tag) ? tag : undefined
}
