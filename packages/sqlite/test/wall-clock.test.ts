import { afterEach, expect, test, vi } from 'vitest'
import { sqliteStore } from '../src/index.ts'

afterEach(() => {
  vi.useRealTimers()
})

function clockOfStore() {
  return sqliteStore({ file: ':memory:' }).clock
}

test('the clock is the wall clock, in microseconds', () => {
  const clock = clockOfStore()
  vi.useFakeTimers({ now: 1_234_567_890 })
  expect(clock.now()).toBe(1_234_567_890_000)
})

test('it does not run back, unless it had been wrong', () => {
  const clock = clockOfStore()
  vi.useFakeTimers({ now: 1_000_000_000 })
  expect(clock.now()).toBe(1_000_000_000_000)
  vi.setSystemTime(1_000_000_000 - 60_000)
  expect(clock.now()).toBe(1_000_000_000_000)
  vi.setSystemTime(1_000_000_000 - 60_001)
  expect(clock.now()).toBe(1_000_000_000_000 - 60_001_000)
})

test('a given clock decides instead', () => {
  const clock = { now: () => 7_000_000, sleep: async () => {} }
  const store = sqliteStore({ file: ':memory:', clock })
  expect(store.clock).toBe(clock)
  expect(store.decideSync([]).now).toBe(7_000_000)
})

test('decisions do not wait for a timer that a test has faked', async () => {
  const store = sqliteStore({ file: ':memory:' })
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'setInterval', 'Date'] })
  expect((await store.decide([])).results).toEqual([])
})
