import {
  createLimiter,
  fixedWindow,
  HeadgateError,
  type Limits,
  leakyBucket,
  type ManualClock,
  manualClock,
  slidingLog,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { beforeEach, expect, expectTypeOf, test } from 'vitest'
import { createQueue, type QueueLimiter } from '../src/index.ts'
import { fateOf, settle } from './support.ts'

let clock: ManualClock
let asked: number[]
let refunded: number[]
let startedAt: (readonly [name: string, ms: number])[]
let begin: number

beforeEach(() => {
  clock = manualClock()
  begin = clock.now()
  asked = []
  refunded = []
  startedAt = []
})

const sinceBegin = (): number => (clock.now() - begin) / 1_000
const mark = (name: string) => (): void => void startedAt.push([name, sinceBegin()])

/** A real limiter that notes what it is asked. */
function spiedLimiter(
  limits: Limits,
  before: () => Promise<unknown> | undefined = () => undefined,
): QueueLimiter {
  const limiter = createLimiter({ store: memoryStore({ clock }), limits, clock })
  return {
    async consume(key, options) {
      asked.push(options.cost)
      await before()
      return limiter.consume(key, options)
    },
    async refund(decision) {
      refunded.push(decision.cost)
      await limiter.refund(decision)
    },
  }
}

async function pass(ms: number): Promise<void> {
  await settle()
  for (let i = 0; i < ms; i++) {
    clock.advance(1)
    await settle()
  }
}

const bucket = { rate: tokenBucket({ capacity: 3, refill: 1, per: 100 }) }

test('starts as the limiter allows, in order, asking once for each and once more after a denial', async () => {
  const queue = createQueue({ limiter: spiedLimiter(bucket), clock })
  const jobs = ['a', 'b', 'c', 'd', 'e'].map((name) => queue.run(mark(name)))
  await pass(500)
  await Promise.all(jobs)
  expect(startedAt).toEqual([
    ['a', 0],
    ['b', 0],
    ['c', 0],
    ['d', 100],
    ['e', 200],
  ])
  expect(asked).toHaveLength(7)
})

test('who comes while the gate is shut and goes first goes first, and is not asked for in vain', async () => {
  const queue = createQueue({ limiter: spiedLimiter(bucket), clock })
  await queue.run(() => undefined, { cost: 3 })
  void queue.run(mark('low'))
  await pass(50)
  void queue.run(mark('high'), { priority: 5 })
  await pass(200)
  expect(startedAt).toEqual([
    ['high', 100],
    ['low', 200],
  ])
  // Of `low` in vain, `high`, `low` in vain, `low`.
  expect(asked).toEqual([3, 1, 1, 1, 1])
})

test('who comes while the gate is shut, goes first and costs less, is asked for at once, and only once', async () => {
  const queue = createQueue({ limiter: spiedLimiter(bucket), clock })
  await queue.run(() => undefined, { cost: 1 })
  void queue.run(mark('dear'), { cost: 3 })
  await pass(10)
  void queue.run(mark('cheap'), { priority: 5, cost: 2 })
  await pass(10)
  expect(startedAt).toEqual([['cheap', 10]])
  void queue.run(mark('cheap too'), { priority: 5, cost: 2 })
  await pass(20)
  // Asked for once, and denied; since then the gate knows until when.
  expect(asked).toEqual([1, 3, 2, 2])
  await pass(600)
  expect(startedAt.map(([name]) => name)).toEqual(['cheap', 'cheap too', 'dear'])
})

test('when the dear one in front gives up, a cheap one behind it is asked for at once', async () => {
  const queue = createQueue({ limiter: spiedLimiter(bucket), clock })
  await queue.run(() => undefined, { cost: 2 })
  const abort = new AbortController()
  const dear = fateOf(queue.run(mark('dear'), { cost: 3, signal: abort.signal }))
  void queue.run(mark('cheap'))
  await pass(10)
  expect(startedAt).toEqual([])
  abort.abort('no more')
  expect(await dear).toBe('no more')
  await settle()
  expect(startedAt).toEqual([['cheap', 10]])
})

test('what never fits is refused, and says so', async () => {
  const queue = createQueue({ limiter: spiedLimiter(bucket), clock })
  const error: unknown = await queue.run(mark('never'), { cost: 4 }).catch((refusal) => refusal)
  expect(error).toBeInstanceOf(HeadgateError)
  expect(error).toMatchObject({ code: 'INVALID_COST', option: 'cost', value: 4 })
  expect((error as Error).message).toBe(
    'A cost of 4 never fits: the limit "rate" can\'t hold so much. Split the work, or raise the limit',
  )
  await queue.run(mark('next'))
  expect(startedAt).toEqual([['next', 0]])
})

test.each([
  ['rejects', () => Promise.reject(new Error('store'))],
  [
    'throws',
    () => {
      throw new Error('store')
    },
  ],
])('where the limiter %s, who is first hears of it, and the next is asked for', async (_, fail) => {
  let fails = true
  const inner = spiedLimiter(bucket)
  const limiter: QueueLimiter = { ...inner, consume: (...args) => (fails ? fail() : inner.consume(...args)) }
  const queue = createQueue({ limiter, clock })
  const first = queue.run(() => {
    throw new Error('never called')
  })
  const second = queue.run(() => 'second')
  await expect(first).rejects.toThrow('store')
  fails = false
  expect(await fateOf(second)).toBeOneOf(['done', new Error('store')])
  expect(await queue.run(() => 'third')).toBe('third')
})

test('what a limiter charged too late is given back: to one who gave up, was too late, or lost its place', async () => {
  let slow = true
  const limiter = spiedLimiter(bucket, () => (slow ? clock.sleep(50) : undefined))
  const queue = createQueue({ limiter, clock, maxQueued: 1 })
  const abort = new AbortController()
  const fates = [fateOf(queue.run(mark('gave up'), { cost: 2, signal: abort.signal }))]
  abort.abort('gone')
  await pass(60)
  fates.push(fateOf(queue.run(mark('late'), { cost: 3, maxWait: 20 })))
  await pass(60)
  fates.push(fateOf(queue.run(mark('displaced'), { cost: 1 })))
  slow = false
  fates.push(fateOf(queue.run(mark('high'), { cost: 3, priority: 1 })))
  await pass(60)
  expect(await Promise.all(fates)).toEqual(['gone', 'QUEUE_TIMEOUT', 'QUEUE_FULL', 'done'])
  expect(refunded).toEqual([2, 3, 1])
  // Nothing is missing, or it would have to wait for 100 ms.
  expect(startedAt).toEqual([['high', 170]])
})

test('a refund that fails is nobody’s failure', async () => {
  const inner = spiedLimiter(bucket, () => clock.sleep(10))
  const limiter: QueueLimiter = { ...inner, refund: () => Promise.reject(new Error('store')) }
  const queue = createQueue({ limiter, clock })
  const abort = new AbortController()
  const fate = fateOf(queue.run(() => undefined, { signal: abort.signal }))
  const next = fateOf(queue.run(() => undefined))
  abort.abort('gone')
  await pass(30)
  expect([await fate, await next]).toEqual(['gone', 'done'])
})

test('under a leaky bucket each is started when it may run, and whoever is higher goes before those not yet charged', async () => {
  const limiter = spiedLimiter({ rate: leakyBucket({ rate: 1, per: 100, queue: 5 }) })
  const queue = createQueue({ limiter, clock })
  for (const name of ['a', 'b', 'c']) void queue.run(mark(name))
  await pass(50)
  void queue.run(mark('high'), { priority: 5 })
  await pass(500)
  expect(startedAt).toEqual([
    ['a', 0],
    ['b', 100],
    ['high', 200],
    ['c', 300],
  ])
})

test('whose delay would be over too late hears so at once; who gives up during it is refunded', async () => {
  const limiter = spiedLimiter({ rate: leakyBucket({ rate: 1, per: 100, queue: 5 }) })
  const queue = createQueue({ limiter, clock })
  await queue.run(mark('a'))
  const late = fateOf(queue.run(mark('late'), { maxWait: 100 }))
  await settle()
  expect(await late).toBe('QUEUE_TIMEOUT')
  expect(refunded).toEqual([1])
  const abort = new AbortController()
  const gone = fateOf(queue.run(mark('gone'), { signal: abort.signal }))
  void queue.run(mark('b'))
  await pass(50)
  abort.abort('gone')
  expect(await gone).toBe('gone')
  await pass(100)
  expect(refunded).toEqual([1, 1])
  expect(startedAt).toEqual([
    ['a', 0],
    ['b', 100],
  ])
})

test('units are only taken for what has a place to run', async () => {
  const queue = createQueue({ concurrency: 1, limiter: spiedLimiter(bucket), clock })
  const permit = await queue.acquire()
  const second = queue.acquire()
  await pass(300)
  expect(asked).toEqual([1])
  permit.release()
  const { release } = await second
  release()
  expect(asked).toEqual([1, 1])
})

test('a limiter that never answers: who waits is refused in time, and the queue can be asked on', async () => {
  const queue = createQueue({
    limiter: spiedLimiter(bucket, () => new Promise(() => {})),
    clock,
    maxWait: 50,
  })
  const fates = [fateOf(queue.run(mark('a'))), fateOf(queue.run(mark('b')))]
  await pass(50)
  expect(await Promise.all(fates)).toEqual(['QUEUE_TIMEOUT', 'QUEUE_TIMEOUT'])
  expect(queue.size).toBe(0)
})

test('refusals say when the limiter may allow again', async () => {
  const queue = createQueue({ limiter: spiedLimiter(bucket), clock, maxQueued: 1, maxPerKey: 1, maxWait: 30 })
  await queue.run(() => undefined, { cost: 3 })
  const refusal = (promise: Promise<unknown>): Promise<HeadgateError> =>
    promise.then(
      () => expect.unreachable('it is refused'),
      (error) => error,
    )
  const late = refusal(queue.run(mark('late'), { key: 'k' }))
  await pass(10)
  expect(await refusal(queue.run(mark('full')))).toMatchObject({
    message: expect.stringContaining('Try again in 90 ms at the earliest'),
    retryAfterMs: 90,
  })
  expect(await refusal(queue.run(mark('full'), { key: 'k' }))).toMatchObject({
    option: 'key',
    retryAfterMs: 90,
  })
  await pass(20)
  expect(await late).toMatchObject({
    message: 'The job could not be started within 30 ms (`maxWait`). Try again in 70 ms at the earliest',
    retryAfterMs: 70,
  })
  const displaced = refusal(queue.run(mark('displaced')))
  const high = refusal(queue.run(mark('high'), { priority: 1 }))
  expect(await displaced).toMatchObject({ code: 'QUEUE_FULL', retryAfterMs: 70 })
  await pass(30)
  expect(await high).toMatchObject({ code: 'QUEUE_TIMEOUT', retryAfterMs: 40 })
})

test('refusals say nothing of when where the limiter has not', async () => {
  const limiter = spiedLimiter(bucket, () => new Promise(() => {}))
  const queue = createQueue({ limiter, clock, maxWait: 50, maxQueued: 1 })
  const late = queue.run(mark('late')).catch((error) => error)
  const full = queue.run(mark('full')).catch((error) => error)
  await pass(50)
  for (const error of [await late, await full]) {
    expect(error.fix).toBe('Try again later')
    expect(error).not.toHaveProperty('retryAfterMs')
  }
})

test('a limiter that is reset long before it said is asked again after five seconds', async () => {
  const store = memoryStore({ clock })
  const limiter = createLimiter({ store, limits: { daily: fixedWindow({ limit: 1, window: '1d' }) }, clock })
  let questions = 0
  const queue = createQueue({
    limiter: {
      consume(key, options) {
        questions++
        return limiter.consume(key, options)
      },
      refund: limiter.refund,
    },
    clock,
  })
  await queue.run(() => undefined)
  const late = fateOf(queue.run(mark('late'), { maxWait: '14s' }))
  await pass(14_000)
  expect(await late).toBe('QUEUE_TIMEOUT')
  // At 0 for each, at 5 and at 10 seconds.
  expect(questions).toBe(4)
  void queue.run(mark('next'))
  await settle()
  await limiter.reset('queue')
  await pass(1_000)
  expect(startedAt).toEqual([['next', 15_000]])
})

test('two queues that share a store never pass its limit together', async () => {
  const store = memoryStore({ clock })
  const starts: number[] = []
  const make = () =>
    createQueue({
      limiter: createLimiter({ store, limits: { upstream: slidingLog({ limit: 5, window: 1_000 }) }, clock }),
      limitKey: 'api.example.com',
      clock,
    })
  const queues = [make(), make()]
  const jobs = Array.from({ length: 40 }, (_, i) => queues[i % 2]?.run(() => void starts.push(sinceBegin())))
  for (let i = 0; i < 100; i++) {
    // Units are taken as the limiter answers, so the time must not leap before the work is called.
    await settle()
    clock.advance(97)
  }
  await Promise.all(jobs)
  expect(starts).toHaveLength(40)
  for (const start of starts)
    expect(starts.filter((other) => other > start - 1_000 && other <= start).length).toBeLessThanOrEqual(5)
})

test('limits that are picked from a context are none that a queue can ask', () => {
  const store = memoryStore()
  const fixed = createLimiter({ store, limits: { a: fixedWindow({ limit: 1, window: '1s' }), ...bucket } })
  const picked = createLimiter({ store, limits: (_plan: string) => bucket })
  expectTypeOf(fixed).toExtend<QueueLimiter>()
  expectTypeOf(picked).not.toExtend<QueueLimiter>()
})
