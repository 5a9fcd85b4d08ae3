import { createLimiter, type Limit, manualClock, tokenBucket } from '@headgate/core'
import { expect, test } from 'vitest'
import { storeBy } from '../src/dynamodb-store.ts'
import { dynamodbStore } from '../src/index.ts'
import { serverClock } from '../src/server-clock.ts'
import { connectForTest, freshId, START } from './support.ts'

const HOUR_MS = 3_600_000
const T = Date.UTC(2026, 5, 1)

/** A machine whose clocks a test sets. */
function machine(wall: number) {
  const clocks = { wall, monotonic: 5_000 }
  return {
    clocks,
    clock: serverClock({ wall: () => clocks.wall, monotonic: () => clocks.monotonic }),
    pass(ms: number) {
      clocks.wall += ms
      clocks.monotonic += ms
    },
  }
}

const dateOf = (ms: number) => new Date(ms).toUTCString()

test('a clock that is right to a second is left as it is', () => {
  const { clock, clocks, pass } = machine(T + 700)
  expect(clock.isHeld).toBe(false)
  const sentAt = clocks.monotonic
  pass(40)
  clock.hear(dateOf(T), sentAt, clocks.monotonic)
  expect(clock.isHeld).toBe(true)
  expect(clock.now()).toBe((T + 740) * 1_000)
  pass(10)
  expect(clock.now()).toBe((T + 750) * 1_000)
})

test.each([HOUR_MS, -HOUR_MS, 5_000, -5_000])(
  'a clock that is off by %i ms is put right to a second',
  (off) => {
    const { clock, clocks, pass } = machine(T + 500 + off)
    const sentAt = clocks.monotonic
    pass(40)
    clock.hear(dateOf(T), sentAt, clocks.monotonic)
    expect(Math.abs(clock.now() / 1_000 - (T + 540))).toBeLessThanOrEqual(520)
  },
)

test('when the wall clock is set, the time goes on, but is not held until it is compared', () => {
  const { clock, clocks, pass } = machine(T)
  clock.hear(dateOf(T), 5_000, 5_000)
  clocks.wall += HOUR_MS
  expect(clock.isHeld).toBe(false)
  expect(clock.now()).toBe(T * 1_000)
  pass(2_000)
  clock.hear(dateOf(T + 2_000), clocks.monotonic, clocks.monotonic)
  expect(clock.isHeld).toBe(true)
  expect(clock.now()).toBe((T + 2_000) * 1_000)
})

test('when the machine has slept, the next reply tells for how long', () => {
  const { clock, clocks } = machine(T)
  clock.hear(dateOf(T), 5_000, 5_000)
  clocks.wall += HOUR_MS
  clock.hear(dateOf(T + HOUR_MS), 5_000, 5_000)
  expect(Math.abs(clock.now() / 1_000 - (T + HOUR_MS))).toBeLessThanOrEqual(500)
})

test('where replies have no date, the wall clock counts', () => {
  const { clock, clocks } = machine(T)
  clock.hear(undefined, 5_000, 5_000)
  expect(clock.isHeld).toBe(true)
  clocks.wall += HOUR_MS
  expect(clock.isHeld).toBe(false)
  clock.hear('yesterday', 5_000, 5_000)
  expect(clock.now()).toBe((T + HOUR_MS) * 1_000)
})

test('it does not run back while it is right', () => {
  const { clock, clocks, pass } = machine(T)
  clock.hear(dateOf(T), 5_000, 5_000)
  pass(100)
  const before = clock.now()
  clocks.monotonic -= 50
  expect(clock.now()).toBe(before)
})

// A token is back after 36 s.
const limit: Limit = tokenBucket({ capacity: 100, refill: 100, per: '1h' })

test.each([HOUR_MS, -HOUR_MS])(
  'a clock that is set by %i ms on one of three processes lets nothing more in',
  {
    timeout: 30_000,
  },
  async (step) => {
    const client = await connectForTest()
    const key = freshId()
    let off = 0
    const shifted = { wall: () => Date.now() + off, monotonic: () => performance.now() }
    const clocks = [serverClock(), serverClock(), serverClock(shifted)]
    const limiters = clocks.map((clock) =>
      createLimiter({ store: storeBy(clock, { client }), limits: { limit } }),
    )
    let admitted = 0
    for (const next of [0, step, 0, step]) {
      off = next
      for (const limiter of limiters) {
        for (let i = 0; i < 40; i++) if ((await limiter.consume(key)).allowed) admitted++
      }
    }
    expect(admitted).toBe(100)
  },
)

test('a process that starts with a wrong clock is put right before it decides', async () => {
  const client = await connectForTest()
  const key = freshId()
  let admitted = 0
  for (const off of [0, HOUR_MS, -HOUR_MS, 0]) {
    const clock = serverClock({ wall: () => Date.now() + off, monotonic: () => performance.now() })
    const limiter = createLimiter({ store: storeBy(clock, { client }), limits: { limit } })
    for (let i = 0; i < 60; i++) if ((await limiter.consume(key)).allowed) admitted++
  }
  expect(admitted).toBe(100)
})

/** How much three processes at one time by given clocks, off by so many ms, let in. */
async function admittedBy(offsets: readonly number[]): Promise<number> {
  const client = await connectForTest()
  const key = freshId()
  const limiters = offsets.map((off) => {
    const clock = manualClock(START + off * 1_000)
    return createLimiter({ store: dynamodbStore({ client, clock }), limits: { limit } })
  })
  let admitted = 0
  for (let round = 0; round < 3; round++) {
    for (const limiter of limiters) {
      for (let i = 0; i < 105; i++) if ((await limiter.consume(key)).allowed) admitted++
    }
  }
  return admitted
}

test('given clocks that agree to within 60 s let in what drains in that time, once', async () => {
  expect(await admittedBy([0, 0, 0])).toBe(100)
  // From 30 s behind to 30 s ahead, one token comes back.
  expect(await admittedBy([-30_000, 0, 30_000])).toBe(101)
  expect(await admittedBy([30_000, 0, -30_000])).toBe(100)
})

test('given clocks that are further apart than that are not protected from', async () => {
  expect(await admittedBy([0, HOUR_MS, 0])).toBeGreaterThan(200)
})
