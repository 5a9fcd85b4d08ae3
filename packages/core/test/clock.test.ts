import { manualClock, systemClock } from '@headgate/core'
import { describe, expect, test, vi } from 'vitest'

describe('systemClock', () => {
  test('gives whole microseconds near the wall clock, and never runs back', () => {
    const clock = systemClock()
    let last = clock.now()
    expect(Math.abs(last / 1_000 - Date.now())).toBeLessThan(1_000)
    for (let i = 0; i < 10_000; i++) {
      const now = clock.now()
      expect(Number.isSafeInteger(now) && now >= last).toBe(true)
      last = now
    }
  })

  test('follows the wall clock when that is set', () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    try {
      vi.setSystemTime(Date.UTC(2026, 0, 1))
      const clock = systemClock()
      clock.now()
      vi.setSystemTime(Date.UTC(2026, 0, 2))
      vi.advanceTimersByTime(1_000)
      expect(clock.now() / 1_000).toBe(Date.UTC(2026, 0, 2) + 1_000)
    } finally {
      vi.useRealTimers()
    }
  })

  test('sleeps, and stops when told', async () => {
    const clock = systemClock()
    const from = clock.now()
    await clock.sleep(5)
    expect(clock.now()).toBeGreaterThanOrEqual(from + 4_000)
    const controller = new AbortController()
    const sleep = clock.sleep(1_000_000, controller.signal)
    controller.abort('enough')
    await expect(sleep).rejects.toBe('enough')
    await expect(clock.sleep(1, AbortSignal.abort('before'))).rejects.toBe('before')
  })
})

describe('manualClock', () => {
  test('wakes sleepers in the order of their times', async () => {
    const clock = manualClock(0)
    const order: number[] = []
    const sleeps = [30, 10, 20].map((ms) => clock.sleep(ms).then(() => order.push(ms)))
    clock.advance(15)
    await Promise.resolve()
    expect(order).toEqual([10])
    clock.advance('1s')
    await Promise.all(sleeps)
    expect(order).toEqual([10, 20, 30])
    expect(clock.now()).toBe(1_015_000)
    clock.set(5)
    expect(clock.now()).toBe(5)
  })
})
