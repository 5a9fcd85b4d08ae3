import {
  concurrency,
  type Duration,
  fixedWindow,
  HeadgateError,
  type Limit,
  leakyBucket,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { type Arbitrary, constantFrom, integer, oneof, option, record } from 'fast-check'

/** Few units, so that programs of a few calls come to the limit; rarely more. */
const few = oneof({ weight: 4, arbitrary: integer({ min: 1, max: 8 }) }, integer({ min: 9, max: 100 }))
const rate = constantFrom(1, 2, 3, 5, 7, 30, 100)
const span = constantFrom<Duration[]>(1, 10, 250, '1s', '3s', 7_919, '10s', '1m', '15m', '1h', '1d')
const zone = constantFrom('UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Kolkata')

/** What the constructors refuse is left out. */
function built<T>(options: Arbitrary<T>, build: (options: T) => Limit): Arbitrary<Limit> {
  const attempt = (given: T): Limit | undefined => {
    try {
      return build(given)
    } catch (error) {
      if (error instanceof HeadgateError) return undefined
      throw error
    }
  }
  return options.map(attempt).filter((limit) => limit !== undefined)
}

const buckets = built(record({ capacity: few, refill: rate, per: span }), tokenBucket)
const leaky = built(record({ rate, per: span, queue: integer({ min: 0, max: 7 }) }), leakyBucket)
const windows = built(record({ limit: few, window: span }), fixedWindow)
const sliding = built(record({ limit: few, window: span }), slidingWindow)
const logs = oneof(
  built(record({ limit: few, window: span }), slidingLog),
  built(record({ limit: few, lease: span }), concurrency),
)
const quotas = oneof(
  built(record({ limit: few, per: constantFrom('hour' as const, 'day' as const), timeZone: zone }), quota),
  built(
    record({
      limit: few,
      per: constantFrom('week' as const),
      timeZone: zone,
      anchorDay: integer({ min: 1, max: 7 }),
    }),
    quota,
  ),
  built(
    record({
      limit: few,
      per: constantFrom('month' as const),
      timeZone: zone,
      anchorDay: constantFrom(1, 15, 29, 31),
    }),
    quota,
  ),
  built(record({ limit: few, per: constantFrom('hour' as const, 'month' as const) }), quota),
)

/** Close to what whole numbers below 2^53 can count. */
const large: Arbitrary<Limit> = constantFrom<Limit[]>(
  tokenBucket({ capacity: 2 ** 52, refill: 1_000_000, per: '1s' }),
  tokenBucket({ capacity: 4_503_599_627, refill: 1, per: '1s' }),
  tokenBucket({ capacity: 643_371_375, refill: 3, per: '7s' }),
  tokenBucket({ capacity: 3, refill: 1, per: '365d' }),
  tokenBucket({ capacity: 2 ** 32, refill: 2 ** 31 - 1, per: 1 }),
  leakyBucket({ rate: 999_983, per: '1s', queue: 4_000_000_000 }),
  fixedWindow({ limit: Number.MAX_SAFE_INTEGER, window: '1m' }),
  fixedWindow({ limit: Number.MAX_SAFE_INTEGER, window: '36500d' }),
  slidingWindow({ limit: 2 ** 40, window: '1h' }),
  slidingWindow({ limit: 4_503_599_627, window: '1s' }),
  slidingWindow({ limit: 1_000_000, window: '365d' }),
  slidingLog({ limit: 10_000, window: '1h' }),
  quota({ limit: Number.MAX_SAFE_INTEGER, per: 'month' }),
)

/** A limit that takes a day or more to renew itself. */
const days = constantFrom<Duration[]>('1d', '7d', '365d')
export const longLimits: Arbitrary<Limit> = oneof(
  built(record({ capacity: few, refill: constantFrom(1, 2, 3), per: days }), tokenBucket),
  built(record({ rate: constantFrom(1, 2, 3), per: days, queue: integer({ min: 0, max: 7 }) }), leakyBucket),
  built(record({ limit: few, window: days }), fixedWindow),
  built(record({ limit: few, window: days }), slidingWindow),
  built(record({ limit: few, window: days }), slidingLog),
  built(record({ limit: few, per: constantFrom('week' as const, 'month' as const), timeZone: zone }), quota),
  constantFrom<Limit[]>(
    tokenBucket({ capacity: 4_503_599, refill: 1, per: '1s' }),
    tokenBucket({ capacity: 2 ** 52, refill: 2 ** 31, per: 1 }),
    fixedWindow({ limit: Number.MAX_SAFE_INTEGER, window: '36500d' }),
    slidingWindow({ limit: 1_000_000, window: '365d' }),
  ),
)

/** A limit that a few units use up, of any kind. */
const smallLimits: Arbitrary<Limit> = oneof(buckets, leaky, windows, sliding, logs, quotas)

/** A limit of any kind and size. */
export const limits: Arbitrary<Limit> = oneof({ weight: 7, arbitrary: smallLimits }, large)

/** A limit, or none. */
export const maybeLimits: Arbitrary<Limit | undefined> = option(limits, { nil: undefined, freq: 3 })
