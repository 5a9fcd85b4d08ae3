import type { Limits } from '@headgate/core'

/**
 * Tells of limits whether some of what they let through is to be given back when it is over: how many may be under way.
 *
 * @param fixed the limits of all requests, where they are the same
 */
export function createPlaces(fixed: Limits | undefined): (limits: Limits) => boolean {
  const known = new WeakMap<Limits, boolean>()
  const find = (limits: Limits): boolean => {
    let found = known.get(limits)
    if (found === undefined) {
      found = Object.values(limits).some(({ algorithm }) => algorithm === 'concurrency')
      known.set(limits, found)
    }
    return found
  }
  const ofFixed = fixed !== undefined && find(fixed)
  return (limits) => (limits === fixed ? ofFixed : find(limits))
}
