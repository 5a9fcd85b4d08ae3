import { MAX_LEAD, type Micros } from '@headgate/core'

/**
 * When DynamoDB may delete an item, in whole seconds since 1970, rounded up. It deletes by real time, so the span from now on
 * counts, whatever `now` a call is given: a log of last year can be replayed, and so can one of 2045.
 *
 * @param expiresAt when the state equals an absent one, also for a clock that lags: see `expiresAt` of core
 */
export function deletableAt(expiresAt: Micros, now: Micros): number {
  const left = Math.max(expiresAt - now, MAX_LEAD)
  return Math.ceil((Date.now() + left / 1_000) / 1_000)
}
