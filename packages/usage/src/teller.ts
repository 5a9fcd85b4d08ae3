import type { Clock } from '@headgate/core'

const SECOND = 1_000_000

/**
 * Passes errors on, at most one a second unless `anyway`, and says whether it did. What the listener throws, now or later, is dropped: whoever
 * counts must not be felt.
 */
export function createTeller(
  onError: (error: Error) => unknown,
  clock: Clock,
): (error: Error, anyway?: boolean) => boolean {
  let last = Number.NEGATIVE_INFINITY
  return (error, anyway = false) => {
    const now = clock.now()
    // A clock that was set back doesn't keep it silent.
    if (!anyway && now >= last && now < last + SECOND) return false
    last = now
    try {
      const later = onError(error)
      if (later instanceof Promise) later.catch(() => undefined)
    } catch {
      // Dropped, as said.
    }
    return true
  }
}
