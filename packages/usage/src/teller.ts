import { type Clock, quiet } from '@headgate/core'

const SECOND = 1_000_000

/**
 * Passes errors on, at most one a second unless `anyway`, and says whether it did. What the listener throws, now or later, is dropped: whoever
 * counts must not be felt.
 */
export function createTeller(
  onError: (error: Error) => unknown,
  clock: Clock,
): (error: Error, anyway?: boolean) => boolean {
  const tell = quiet(onError)
  let last = Number.NEGATIVE_INFINITY
  return (error, anyway = false) => {
    const now = clock.now()
    // A clock that was set back doesn't keep it silent.
    if (!anyway && now >= last && now < last + SECOND) return false
    last = now
    tell?.(error)
    return true
  }
}
