import {
  concurrency,
  fixedWindow,
  invalidOption,
  type Limit,
  leakyBucket,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'

/**
 * A limit's share: so many `steps` of it, rounded down, and never nothing.
 *
 * @param option what to call it in the error
 * @throws HeadgateError `INVALID_OPTION` for a quota; `NOT_EXACT`
 */
export function scale(limit: Limit, step: number, steps: number, option: string): Limit {
  const part = (number: number): number => Math.max(1, shareOf(number, step, steps))
  switch (limit.algorithm) {
    case 'token-bucket': {
      const { capacity, refill, per } = limit
      return tokenBucket({ capacity: part(capacity), refill: part(refill), per })
    }
    case 'leaky-bucket': {
      const { rate, per, queue } = limit
      return leakyBucket({ rate: part(rate), per, queue: shareOf(queue, step, steps) })
    }
    case 'fixed-window':
      return fixedWindow({ limit: part(limit.limit), window: limit.window })
    case 'sliding-window':
      return slidingWindow({ limit: part(limit.limit), window: limit.window })
    case 'sliding-log':
      return slidingLog({ limit: part(limit.limit), window: limit.window })
    case 'concurrency':
      return concurrency({ limit: part(limit.limit), lease: limit.lease })
    case 'quota':
      throw invalidOption(
        option,
        limit,
        'no calendar quota',
        'A day’s or a month’s units aren’t a matter of load: name the limits to scale, and leave it out',
      )
  }
}

/** number × step / steps, rounded down, without a product that passes 2^53. */
function shareOf(number: number, step: number, steps: number): number {
  const rest = number % steps
  return ((number - rest) / steps) * step + Math.floor((rest * step) / steps)
}
