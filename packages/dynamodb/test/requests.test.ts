import {
  type Clock,
  createLimiter,
  fixedWindow,
  type Limit,
  leakyBucket,
  manualClock,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { describe, expect, test } from 'vitest'
import { dynamodbStore, type RequestReport } from '../src/index.ts'
import { ask, connectForTest, freshId, START, trace } from './support.ts'

/** Each of 10 units, which are back after an hour. */
const limits: { readonly [name: string]: Limit } = {
  tokenBucket: tokenBucket({ capacity: 10, refill: 10, per: '1h' }),
  leakyBucket: leakyBucket({ rate: 10, per: '1h', queue: 9 }),
  fixedWindow: fixedWindow({ limit: 10, window: '1h' }),
  quota: quota({ limit: 10, per: 'hour' }),
  slidingWindow: slidingWindow({ limit: 10, window: '30m' }),
  slidingLog: slidingLog({ limit: 10, window: '1h' }),
}

async function setUp(limit: Limit) {
  const client = await connectForTest()
  const requests = trace(client)
  const clock = manualClock(START)
  const makeLimiter = (by: Clock = clock) =>
    createLimiter({ store: dynamodbStore({ client, clock: by }), limits: { limit } })
  /** How many of so many calls in turn were allowed, and in how many requests. */
  const ask = async (limiter: ReturnType<typeof makeLimiter>, key: string, times: number) => {
    const before = requests.length
    let allowed = 0
    for (let i = 0; i < times; i++) {
      clock.advance(1)
      if ((await limiter.consume(key)).allowed) allowed++
    }
    return { allowed, requests: requests.length - before }
  }
  return { clock, requests, makeLimiter, ask }
}

describe.each(Object.entries(limits))('requests per decision: %s', (name, limit) => {
  test('absent, live, denied and idle take one each', async () => {
    const { clock, makeLimiter, ask } = await setUp(limit)
    const limiter = makeLimiter()
    const key = freshId()
    expect(await ask(limiter, key, 1)).toEqual({ allowed: 1, requests: 1 })
    expect(await ask(limiter, key, 9)).toEqual({ allowed: 9, requests: 9 })
    expect(await ask(limiter, key, 20)).toEqual({ allowed: 0, requests: 20 })
    for (let idle = 0; idle < 5; idle++) {
      clock.advance(3 * 3_600_000)
      expect(await ask(limiter, key, 1)).toEqual({ allowed: 1, requests: 1 })
    }
  })

  test('32 contending in one process take one request together', async () => {
    const { requests, makeLimiter } = await setUp(limit)
    const limiter = makeLimiter()
    const key = freshId()
    const contend = async () =>
      (await Promise.all(Array.from({ length: 32 }, () => limiter.consume(key)))).filter((d) => d.allowed)
    const before = requests.length
    expect(await contend()).toHaveLength(10)
    expect(requests.length - before).toBe(1)
    expect(await contend()).toHaveLength(0)
    expect(requests.length - before).toBe(2)
  })

  test('a process that has not seen the key is denied in one', async () => {
    const { makeLimiter, ask } = await setUp(limit)
    const key = freshId()
    await ask(makeLimiter(), key, 10)
    expect(await ask(makeLimiter(), key, 5)).toEqual({ allowed: 0, requests: 5 })
  })

  // A log is compared as a whole, and another process changes it.
  if (name === 'slidingLog') return
  test('two processes that take turns at a live key take one each', async () => {
    const { makeLimiter, ask } = await setUp(limit)
    const [one, other] = [makeLimiter(), makeLimiter()]
    const key = freshId()
    await ask(one, key, 1)
    await ask(other, key, 1)
    for (let turn = 0; turn < 4; turn++) {
      for (const limiter of [one, other])
        expect(await ask(limiter, key, 1)).toEqual({ allowed: 1, requests: 1 })
    }
  })
})

test('a process whose clock lags takes one each, once it knows that it does', async () => {
  const { clock, makeLimiter, ask } = await setUp(tokenBucket({ capacity: 50, refill: 10, per: '1h' }))
  const ahead = makeLimiter({ ...clock, now: () => clock.now() + 2_000_000 })
  const behind = makeLimiter()
  const key = freshId()
  await ask(ahead, key, 1)
  expect(await ask(behind, key, 1)).toEqual({ allowed: 1, requests: 2 })
  for (let turn = 0; turn < 10; turn++) {
    await ask(ahead, key, 1)
    expect(await ask(behind, key, 1)).toEqual({ allowed: 1, requests: 1 })
  }
})

test('a process asks what time it is before it decides for the first time', async () => {
  const client = await connectForTest()
  const requests = trace(client)
  const store = dynamodbStore({ client })
  const id = freshId()
  for (let i = 0; i < 3; i++)
    await store.decide([ask(id, 1, tokenBucket({ capacity: 9, refill: 1, per: '1h' }))])
  expect(requests).toEqual(['GetItem', 'UpdateItem', 'UpdateItem', 'UpdateItem'])
})

test('several limits take one transaction, and so do their denials', async () => {
  const client = await connectForTest()
  const requests = trace(client)
  const store = dynamodbStore({ client, clock: manualClock(START) })
  const limits = { burst: fixedWindow({ limit: 3, window: '1h' }), daily: quota({ limit: 9, per: 'day' }) }
  const limiter = createLimiter({ store, limits })
  const key = freshId()
  const allowed: boolean[] = []
  for (let i = 0; i < 5; i++) allowed.push((await limiter.consume(key)).allowed)
  expect(allowed).toEqual([true, true, true, false, false])
  const taken = Array<string>(3).fill('TransactWriteItems')
  expect(requests).toEqual([...taken, 'TransactGetItems', 'TransactGetItems'])
  await Promise.all(Array.from({ length: 32 }, () => limiter.consume(key)))
  expect(requests).toHaveLength(6)
})

test('a denial writes nothing', async () => {
  const client = await connectForTest()
  const store = dynamodbStore({ client })
  const id = freshId()
  await store.decide([ask(id, 3)], START)
  const requests = trace(client)
  const other = dynamodbStore({ client })
  for (const by of [store, other, store, other]) {
    expect((await by.decide([ask(id)], START + 1)).results[0]?.allowed).toBe(false)
  }
  // The other process learns of the state by a condition that fails.
  expect(requests).toEqual(['GetItem', 'UpdateItem', 'GetItem', 'GetItem'])
})

test('each request is reported, with what it consumed and for how many calls', async () => {
  const client = await connectForTest()
  const reports: RequestReport[] = []
  const store = dynamodbStore({ client, onRequest: (report) => reports.push(report) })
  const id = freshId()
  await Promise.all([1, 1].map((cost) => store.decide([ask(id, cost)], START)))
  await store.decide([ask(id), ask(freshId())], START)
  await store.decide([ask(id)], START)
  await store.delete([{ scope: 'test', id }])
  await dynamodbStore({ client, onRequest: (report) => reports.push(report) }).decide([ask(id, 4)], START)
  expect(reports).toEqual([
    { operation: 'UpdateItem', calls: 2, outcome: 'done', capacityUnits: 1 },
    { operation: 'TransactWriteItems', calls: 1, outcome: 'done', capacityUnits: 4 },
    { operation: 'GetItem', calls: 1, outcome: 'done', capacityUnits: 1 },
    { operation: 'DeleteItem', calls: 1, outcome: 'done', capacityUnits: 1 },
    { operation: 'GetItem', calls: 1, outcome: 'done', capacityUnits: expect.any(Number) },
  ])
  const failing = dynamodbStore({
    client,
    onRequest: () => {
      throw new Error('a listener of the user')
    },
  })
  expect((await failing.decide([ask(id)], START)).results[0]?.allowed).toBe(true)
})
