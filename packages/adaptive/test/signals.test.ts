import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { failures, lag, slow } from '../src/index.ts'

test('failures are weighed against the share that is allowed', () => {
  const failing = failures({ allowed: 0.05, atLeast: 10 })
  for (let i = 0; i < 90; i++) failing.record(true)
  for (let i = 0; i < 10; i++) failing.record(false)
  expect(failing.read()).toBeCloseTo(2)
  // What was read is over.
  expect(failing.read()).toBe(0)
})

test('of a few nothing is concluded, and they go on counting', () => {
  const failing = failures({ allowed: 0.5 })
  for (let i = 0; i < 19; i++) failing.record(false)
  expect(failing.read()).toBe(0)
  failing.record(true)
  expect(failing.read()).toBeCloseTo(1.9)
})

test('a percentile is a share of slow ones', () => {
  const latency = slow({ over: '200ms', allowed: 0.1 })
  for (const ms of [...new Array<number>(18).fill(200), 200.1, 5_000]) latency.record(ms)
  expect(latency.read()).toBeCloseTo(1)
  for (let i = 0; i < 20; i++) latency.record(Number.NaN)
  expect(latency.read()).toBeCloseTo(10)
})

test('a process that is busy is late', async () => {
  const busy = lag({ target: 10 })
  onTestFinished(busy.close)
  await sleep(50)
  busy.read()
  const until = performance.now() + 100
  while (performance.now() < until);
  // Before any timer could come, and after.
  expect(busy.read()).toBeGreaterThan(5)
  await sleep(15)
  expect(busy.read()).toBeGreaterThan(5)
})

test.each<[string, () => unknown]>([
  ['options', () => failures(undefined as never)],
  ['allowed', () => failures({ allowed: 0 })],
  ['allowed', () => failures({ allowed: 1.1 })],
  ['allowed', () => slow({ over: '1s', allowed: Number.NaN })],
  ['atLeast', () => failures({ allowed: 1, atLeast: 0 })],
  ['over', () => slow({ over: 0, allowed: 1 })],
  ['target', () => lag({ target: '1y' as never })],
  ['options', () => lag(5 as never)],
])('a wrong %s is an error', (option, make) => {
  expect(make).toThrow(expect.objectContaining({ name: 'HeadgateError', option }))
})
