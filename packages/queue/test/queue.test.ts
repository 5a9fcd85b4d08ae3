import { HeadgateError, type ManualClock, manualClock } from '@headgate/core'
import { beforeEach, expect, test } from 'vitest'
import { createQueue, type JobOptions, type QueueEvent, type QueueOptions } from '../src/index.ts'
import { countingClock, fateOf, settle } from './support.ts'

let clock: ManualClock

beforeEach(() => {
  clock = manualClock()
})

test('what can run is called at once, and its result, or what it throws, is passed on', async () => {
  const queue = createQueue({ concurrency: 1 })
  let isCalled = false
  const answer = queue.run(() => {
    isCalled = true
    return 42
  })
  expect(isCalled).toBe(true)
  expect(await answer).toBe(42)
  const failure = new Error('work')
  expect(await fateOf(queue.run(() => Promise.reject(failure)))).toBe(failure)
  expect(
    await fateOf(
      queue.run(() => {
        throw failure
      }),
    ),
  ).toBe(failure)
  expect(queue.running).toBe(0)
})

test('a permit is released once, whoever releases it', async () => {
  const queue = createQueue({ concurrency: 2 })
  const { release } = await queue.acquire()
  {
    using _permit = await queue.acquire()
    expect(queue.running).toBe(2)
  }
  expect(queue.running).toBe(1)
  release()
  release()
  expect(queue.running).toBe(0)
})

test('waits no longer than maxWait, its own or the queue’s', async () => {
  const queue = createQueue({ concurrency: 1, maxWait: 100, clock })
  const { release } = await queue.acquire()
  const fates = [
    fateOf(queue.acquire()),
    fateOf(queue.acquire({ maxWait: 50 })),
    fateOf(queue.acquire({ maxWait: '1d' })),
  ]
  clock.advance(50)
  await settle()
  expect(queue.size).toBe(2)
  clock.advance(49)
  await settle()
  expect(queue.size).toBe(2)
  clock.advance(1)
  await settle()
  expect(queue.size).toBe(1)
  release()
  expect(await Promise.all(fates)).toEqual(['QUEUE_TIMEOUT', 'QUEUE_TIMEOUT', 'done'])
})

test('one whose time is over isn’t started, though the timer is late, and takes no place from another', async () => {
  const late = { now: clock.now, sleep: () => new Promise<void>(() => {}) }
  const queue = createQueue({ concurrency: 1, maxQueued: 1, maxWait: 10, clock: late })
  const { release } = await queue.acquire()
  const first = fateOf(queue.acquire())
  clock.advance(10)
  const second = fateOf(queue.acquire())
  expect(await first).toBe('QUEUE_TIMEOUT')
  clock.advance(10)
  release()
  expect(await second).toBe('QUEUE_TIMEOUT')
  expect(queue.running).toBe(0)
})

test('a clock that is set back makes nobody wait longer', async () => {
  const reading = { now: clock.now, sleep: () => new Promise<void>(() => {}) }
  const queue = createQueue({ concurrency: 1, maxWait: 100, clock: reading })
  const permit = await queue.acquire()
  clock.set(clock.now() - 3_600_000_000)
  const fates = [fateOf(queue.acquire()), fateOf(queue.acquire({ maxWait: 101 }))]
  clock.set(clock.now() - 3_600_000_000)
  expect(queue.size).toBe(2)
  fates.push(fateOf(queue.acquire()))
  clock.advance(100)
  permit.release()
  expect(await Promise.all(fates)).toEqual(['QUEUE_TIMEOUT', 'done', 'QUEUE_TIMEOUT'])
})

test('who gives up leaves at once, with the signal’s reason; who runs is only told', async () => {
  const queue = createQueue({ concurrency: 1, maxQueued: 1 })
  const abort = new AbortController()
  const { signal } = abort
  let end: () => void = () => {}
  const runs = queue.run(
    (own) => {
      expect(own).toBe(signal)
      return new Promise<void>((resolve) => {
        end = resolve
      })
    },
    { signal },
  )
  const waits = fateOf(queue.run(() => undefined, { signal }))
  expect(queue.size).toBe(1)
  abort.abort('gone')
  expect([queue.size, queue.running]).toEqual([0, 1])
  expect(await waits).toBe('gone')
  expect(await fateOf(queue.run(() => undefined, { signal }))).toBe('gone')
  end()
  expect(await fateOf(runs)).toBe('done')
})

test('who names no signal is given one of its own', async () => {
  const queue = createQueue({ concurrency: 1 })
  const signals = [await queue.run((signal) => signal), await queue.run((signal) => signal)]
  expect(signals[0]).toBeInstanceOf(AbortSignal)
  expect(signals[0]).not.toBe(signals[1])
})

test('of one key no more than maxPerKey wait, whatever it is called', async () => {
  const queue = createQueue({ concurrency: 1, maxPerKey: 1 })
  const { release } = await queue.acquire()
  const fates = ['__proto__', '__proto__', 'b', undefined, undefined].map((key) =>
    fateOf(queue.run(() => undefined, key === undefined ? { priority: 3 } : { key })),
  )
  const error: unknown = await queue.acquire({ key: 'b', priority: 9 }).catch((refusal) => refusal)
  expect((error as Error).message).toBe(
    'The key "b" has 1 jobs that wait already (`maxPerKey`). Try again later',
  )
  release()
  expect(await Promise.all(fates)).toEqual(['done', 'QUEUE_FULL', 'done', 'done', 'done'])
  expect(await fateOf(queue.run(() => undefined, { key: '__proto__' }))).toBe('done')
})

test('closing refuses who waits, and resolves when nothing runs', async () => {
  const queue = createQueue({ concurrency: 1 })
  const { release } = await queue.acquire()
  const waits = fateOf(queue.acquire())
  let isClosed = false
  const closed = queue.close().then(() => {
    isClosed = true
  })
  expect(await waits).toBe('QUEUE_CLOSED')
  expect(await fateOf(queue.acquire())).toBe('QUEUE_CLOSED')
  await settle()
  expect(isClosed).toBe(false)
  release()
  await closed
  await queue.close()
})

test('closing with drain lets them have their turn, unless it is closed once more without', async () => {
  const queue = createQueue({ concurrency: 1 })
  const { release } = await queue.acquire()
  const second = queue.acquire()
  const third = fateOf(queue.acquire())
  const closed = queue.close({ drain: true })
  expect(await fateOf(queue.acquire())).toBe('QUEUE_CLOSED')
  release()
  const permit = await second
  expect(queue.size).toBe(1)
  const again = queue.close()
  expect(await third).toBe('QUEUE_CLOSED')
  permit.release()
  await Promise.all([closed, again])
})

test('tells what happens', async () => {
  const events: QueueEvent[] = []
  const onEvent = (event: QueueEvent): void => void events.push(event)
  const queue = createQueue({ concurrency: 1, maxQueued: 1, maxWait: 100, clock, onEvent })
  const { release } = await queue.acquire({ key: 'a' })
  const second = queue.acquire({ priority: 2 })
  const error: unknown = await queue.acquire().catch((refusal) => refusal)
  clock.advance(20)
  release()
  const permit = await second
  clock.advance(5)
  permit.release()
  permit.release()
  expect(events).toEqual([
    { type: 'started', priority: 0, key: 'a', waitedMs: 0 },
    { type: 'queued', priority: 2, key: undefined, size: 1 },
    { type: 'refused', reason: 'full', priority: 0, key: undefined, waitedMs: 0, error },
    { type: 'finished', priority: 0, key: 'a', ranMs: 20 },
    { type: 'started', priority: 2, key: undefined, waitedMs: 20 },
    { type: 'finished', priority: 2, key: undefined, ranMs: 5 },
  ])
})

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('sink')
    },
  ],
  ['rejects', () => Promise.reject(new Error('sink'))],
])('a sink that %s is not felt', async (_, onEvent) => {
  const queue = createQueue({ concurrency: 1, maxQueued: 1, onEvent })
  const jobs = [1, 2, 3].map(() => fateOf(queue.run(() => undefined)))
  expect(await Promise.all(jobs)).toEqual(['done', 'done', 'QUEUE_FULL'])
  await settle()
})

test('a sink may come with jobs of its own: the bounds hold', async () => {
  let left = 200
  let most = 0
  const fates: Promise<unknown>[] = []
  const queue = createQueue({
    concurrency: 2,
    maxQueued: 3,
    onEvent() {
      most = Math.max(most, queue.size)
      expect(queue.running).toBeLessThanOrEqual(2)
      if (left-- > 0) fates.push(fateOf(queue.run(() => settle(), { priority: left % 7 })))
    },
  })
  for (let i = 0; i < 10; i++) fates.push(fateOf(queue.run(() => settle(), { priority: i })))
  for (let i = 0; i < fates.length; i++) await fates[i]
  expect(most).toBe(3)
  expect(fates.length).toBe(210)
  expect([queue.size, queue.running]).toEqual([0, 0])
})

test('what a sink brings when a place is free goes behind those who wait', async () => {
  const order: string[] = []
  const queue = createQueue({
    concurrency: 1,
    onEvent({ type }) {
      if (type === 'finished' && order.length < 2) void queue.run(() => void order.push('sink'))
    },
  })
  const { release } = await queue.acquire()
  const waits = queue.run(() => void order.push('waits'))
  release()
  await waits
  await settle()
  expect(order.slice(0, 2)).toEqual(['waits', 'sink'])
})

test('a timer runs only while somebody waits, and only one, however many do', async () => {
  const counting = countingClock()
  const queue = createQueue({ concurrency: 1, clock: counting })
  const { release } = await queue.acquire()
  expect(counting.asleep()).toBe(0)
  const jobs = [30, 10, 20].map((s) => queue.run(() => settle(), { maxWait: `${s}s` }))
  await settle()
  expect(counting.asleep()).toBe(1)
  release()
  await Promise.all(jobs)
  await settle()
  expect(counting.asleep()).toBe(0)
})

test.each<[string, Partial<Record<keyof QueueOptions, unknown>>]>([
  ['concurrency', {}],
  ['concurrency', { concurrency: 0 }],
  ['concurrency', { concurrency: Number.POSITIVE_INFINITY }],
  ['concurrency', { concurrency: 1.5 }],
  ['limiter', { limiter: {} }],
  ['limiter', { limiter: null }],
  ['limitKey', { concurrency: 1, limitKey: 'a' }],
  ['limitKey', { limiter: { consume() {}, refund() {} }, limitKey: '' }],
  ['maxQueued', { concurrency: 1, maxQueued: 0 }],
  ['maxQueued', { concurrency: 1, maxQueued: Number.NaN }],
  ['maxPerKey', { concurrency: 1, maxPerKey: -1 }],
  ['maxWait', { concurrency: 1, maxWait: 0 }],
  ['maxWait', { concurrency: 1, maxWait: '4000d' }],
  ['aging', { concurrency: 1, aging: true }],
  ['aging', { concurrency: 1, aging: '31d' }],
  ['clock.now', { concurrency: 1, clock: {} }],
  ['onEvent', { concurrency: 1, onEvent: 'x' }],
])('a wrong %s is an error: %j', (option, options) => {
  expect(() => createQueue(options as QueueOptions)).toThrow(
    expect.objectContaining({ name: 'HeadgateError', option }),
  )
})

test.each<[string, string, Partial<Record<keyof JobOptions, unknown>> | null]>([
  ['options', 'INVALID_OPTION', null],
  ['priority', 'INVALID_OPTION', { priority: 1_001 }],
  ['priority', 'INVALID_OPTION', { priority: Number.NaN }],
  ['priority', 'INVALID_OPTION', { priority: 0.5 }],
  ['key', 'INVALID_KEY', { key: '' }],
  ['key', 'INVALID_KEY', { key: 5 }],
  ['cost', 'INVALID_COST', { cost: -1 }],
  ['cost', 'INVALID_COST', { cost: 2 ** 53 }],
  ['signal', 'INVALID_OPTION', { signal: {} }],
  ['maxWait', 'INVALID_DURATION', { maxWait: '1y' }],
])('a job’s wrong %s is a rejection %s: %j', async (option, code, options) => {
  const queue = createQueue({ concurrency: 1 })
  for (const attempt of [
    () => queue.acquire(options as JobOptions),
    () => queue.run(() => 1, options as JobOptions),
  ]) {
    const error: unknown = await attempt().catch((refusal) => refusal)
    expect(error).toBeInstanceOf(HeadgateError)
    expect(error).toMatchObject({ code, option })
  }
  expect(await fateOf(queue.run('work' as never))).toBe('INVALID_OPTION')
  expect(await fateOf(queue.close({ drain: 1 as never }))).toBe('INVALID_OPTION')
  expect(await fateOf(queue.close(null as never))).toBe('INVALID_OPTION')
  expect([queue.size, queue.running]).toEqual([0, 0])
})
