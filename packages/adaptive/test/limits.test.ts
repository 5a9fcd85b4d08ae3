import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  compileLimit,
  concurrency,
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
import { carryOut, createGuard, nodeHost } from '@headgate/http'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { adaptiveLimits, createLoad, type Load, lag } from '../src/index.ts'

/** A load whose share is set by hand. */
function loadOf(step: number, steps = 10) {
  return { step, steps }
}

test('each limit has its share, rounded down, and never nothing; at full share it is the one that was given', () => {
  const limits = {
    bucket: tokenBucket({ capacity: 25, refill: 100, per: '1m' }),
    leaky: leakyBucket({ rate: 10, per: '1s', queue: 5 }),
    fixed: fixedWindow({ limit: 15, window: '1m' }),
    sliding: slidingWindow({ limit: 3, window: '1m' }),
    log: slidingLog({ limit: 1, window: '1m' }),
    running: concurrency({ limit: 10, lease: '1m' }),
  }
  const load = loadOf(10)
  const current = adaptiveLimits(load, limits)
  expect(current()).toBe(limits)
  load.step = 3
  const reduced = current()
  expect(reduced).toEqual({
    bucket: tokenBucket({ capacity: 7, refill: 30, per: '1m' }),
    leaky: leakyBucket({ rate: 3, per: '1s', queue: 1 }),
    fixed: fixedWindow({ limit: 4, window: '1m' }),
    sliding: slidingWindow({ limit: 1, window: '1m' }),
    log: slidingLog({ limit: 1, window: '1m' }),
    running: concurrency({ limit: 3, lease: '1m' }),
  })
  // The same object again: what is compiled is kept by it.
  expect(current()).toBe(reduced)
})

test('law: a share is exact, also of numbers whose product would not be', () => {
  const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(number, fc.integer({ min: 2, max: 1_000 }), fc.nat(998), (limit, steps, nth) => {
      const step = 1 + (nth % steps)
      const { a } = adaptiveLimits(loadOf(step, steps), { a: fixedWindow({ limit, window: '1s' }) })()
      const exact = Number((BigInt(limit) * BigInt(step)) / BigInt(steps))
      expect(a.limit).toBe(step === steps ? limit : Math.max(1, exact))
    }),
  )
})

test('only those that are named follow the load', () => {
  const limits = { daily: quota({ limit: 100, per: 'day' }), burst: fixedWindow({ limit: 10, window: '1s' }) }
  const { daily, burst } = adaptiveLimits(loadOf(5), limits, ['burst'])()
  expect([daily, burst.limit]).toEqual([limits.daily, 5])
})

test('what was used is carried from share to share', async () => {
  const clock = manualClock()
  const load = loadOf(10)
  const limits = adaptiveLimits(load, { rate: fixedWindow({ limit: 100, window: '1h' }) })
  const limiter = createLimiter({ store: memoryStore({ clock }), clock, limits })
  for (let i = 0; i < 40; i++) await limiter.consume('all')
  load.step = 5
  expect((await limiter.consume('all')).remaining).toBe(9)
  load.step = 2
  expect((await limiter.consume('all')).allowed).toBe(false)
  load.step = 10
  expect((await limiter.consume('all')).remaining).toBe(58)
})

test.each<[string, () => unknown]>([
  [
    'load',
    () => adaptiveLimits(undefined as unknown as Load, { a: fixedWindow({ limit: 1, window: '1s' }) }),
  ],
  ['limits', () => adaptiveLimits(loadOf(1), {})],
  ['limits', () => adaptiveLimits(loadOf(1), undefined as never)],
  ['limits.a', () => adaptiveLimits(loadOf(1), { a: quota({ limit: 1, per: 'day' }) })],
  ['names', () => adaptiveLimits(loadOf(1), { a: fixedWindow({ limit: 1, window: '1s' }) }, ['b' as 'a'])],
  ['names', () => adaptiveLimits(loadOf(1), { a: fixedWindow({ limit: 1, window: '1s' }) }, 'a' as never)],
])('a wrong %s is an error', (option, make) => {
  expect(make).toThrow(expect.objectContaining({ name: 'HeadgateError', option }))
})

test('every share of a limit that can be honoured can be', () => {
  const limit: Limit = tokenBucket({ capacity: 1_000, refill: 997, per: '7m' })
  for (let step = 1; step <= 100; step++) {
    const { a } = adaptiveLimits(loadOf(step, 100), { a: limit })()
    expect(compileLimit(a).ruleAt(0)).toMatchObject({ algorithm: 'meter' })
  }
})

test('a server that is too busy takes on less, says so by 503, and takes on all again when it is well', async () => {
  const busy = lag({ target: '20ms' })
  const load = createLoad({ signals: { busy }, every: 50, steps: 4, floor: 1 })
  const guard = createGuard(nodeHost(), {
    store: memoryStore(),
    key: () => 'everybody',
    limits: adaptiveLimits(load, { capacity: fixedWindow({ limit: 16, window: '1h' }) }),
    capacity: ['capacity'],
  })
  let isBusy = true
  const server = createServer(async (request, response) => {
    const verdict = await guard.check(request)
    // What makes it busy is this work, which is done for refused ones too, so that the test knows when it ends.
    const until = performance.now() + (isBusy ? 60 : 0)
    while (performance.now() < until);
    if (carryOut(verdict, response)) response.end('hello')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    busy.close()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`)
    return { status: response.status, body: await response.text() }
  }

  // At a quarter of 16 the fifth is refused, unless the share was still larger for the first ones.
  let answer = await ask()
  for (let i = 0; i < 16 && answer.status === 200; i++) answer = await ask()
  expect(answer.status).toBe(503)
  expect(JSON.parse(answer.body)).toMatchObject({
    type: expect.stringContaining('#temporary-reduced-capacity'),
    'violated-policies': ['capacity'],
  })
  expect(load.step).toBeLessThan(4)
  isBusy = false
  while (load.step < 4) await sleep(5)
  expect((await ask()).status).toBe(200)
})
