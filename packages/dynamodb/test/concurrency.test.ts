import {
  createLimiter,
  fixedWindow,
  type Limit,
  leakyBucket,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { expect, test } from 'vitest'
import { dynamodbStore } from '../src/index.ts'
import { connectForTest, freshId } from './support.ts'

// What comes back while the test runs is less than a unit.
const limits: readonly (readonly [string, { readonly [name: string]: Limit }])[] = [
  ['token bucket', { one: tokenBucket({ capacity: 500, refill: 1, per: '7d' }) }],
  ['leaky bucket', { one: leakyBucket({ rate: 1, per: '7d', queue: 499 }) }],
  ['fixed window', { one: fixedWindow({ limit: 500, window: '365d' }) }],
  ['quota', { one: quota({ limit: 500, per: 'month' }) }],
  ['sliding window', { one: slidingWindow({ limit: 500, window: '365d' }) }],
  ['sliding log', { one: slidingLog({ limit: 500, window: '1d' }) }],
  [
    'several limits',
    {
      one: fixedWindow({ limit: 500, window: '365d' }),
      two: tokenBucket({ capacity: 900, refill: 1, per: '7d' }),
    },
  ],
]

test.each(limits)(
  'eight stores at one key admit exactly the limit: %s',
  { timeout: 60_000 },
  async (_, of) => {
    const client = await connectForTest()
    const stores = Array.from({ length: 8 }, () => dynamodbStore({ client, timeout: 20_000 }))
    const key = freshId()
    const takers = stores.map(async (store) => {
      const limiter = createLimiter({ store, limits: of })
      let admitted = 0
      for (let i = 0; i < 25; i++) {
        const decisions = await Promise.all(Array.from({ length: 4 }, () => limiter.consume(key)))
        admitted += decisions.filter(({ allowed }) => allowed).length
      }
      return admitted
    })
    const admitted = await Promise.all(takers)
    expect(admitted.reduce((sum, one) => sum + one, 0)).toBe(500)
    await Promise.all(stores.map((store) => store.close()))
  },
)
