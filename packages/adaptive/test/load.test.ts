import { manualClock } from '@headgate/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLoad, type LoadChange, type LoadOptions } from '../src/index.ts'

/** A signal that says what it was told. */
function told(pressure = 0) {
  const signal = {
    pressure,
    reads: 0,
    read() {
      signal.reads++
      return signal.pressure
    },
  }
  return signal
}

function setUp(options: Partial<LoadOptions> = {}) {
  const clock = manualClock()
  const signal = told()
  const load = createLoad({ signals: { signal }, clock, every: '1s', ...options })
  return { clock, signal, load }
}

test('under pressure the share loses a quarter in each interval, down to the floor; then it gains a step in each', () => {
  const { clock, signal, load } = setUp()
  const steps: number[] = []
  const look = (times: number) => {
    for (let i = 0; i < times; i++) {
      clock.advance('1s')
      steps.push(load.step)
    }
  }
  expect([load.step, load.steps]).toEqual([20, 20])
  signal.pressure = 1.01
  look(9)
  signal.pressure = 1
  look(3)
  expect(steps).toEqual([15, 11, 8, 6, 4, 3, 2, 2, 2, 3, 4, 5])
})

test('signals are looked at once in an interval, when somebody asks', () => {
  const { clock, signal, load } = setUp()
  signal.pressure = 5
  clock.advance(999)
  for (let i = 0; i < 10; i++) expect(load.step).toBe(20)
  expect(signal.reads).toBe(0)
  clock.advance(1)
  for (let i = 0; i < 10; i++) expect(load.step).toBe(15)
  expect(signal.reads).toBe(1)
})

test('intervals are of one length, whenever somebody asks', () => {
  const { clock, signal, load } = setUp()
  signal.pressure = 5
  clock.advance(1_900)
  expect(load.step).toBe(15)
  clock.advance(100)
  expect(load.step).toBe(11)
})

test('intervals in which nobody asked were calm', () => {
  const { clock, signal, load } = setUp()
  signal.pressure = 5
  for (let i = 0; i < 10; i++) {
    clock.advance('1s')
    expect(load.step).toBeLessThan(20)
  }
  expect(load.step).toBe(2)
  // Nine that were calm, and then one that is not.
  clock.advance('10s')
  expect(load.step).toBe(8)
  clock.advance('1h')
  signal.pressure = 0
  expect(load.step).toBe(20)
})

test('a clock that is set back begins anew', () => {
  const { clock, signal, load } = setUp()
  signal.pressure = 5
  clock.set(clock.now() - 3_600_000_000)
  expect(load.step).toBe(20)
  clock.advance('1s')
  expect(load.step).toBe(15)
})

test('the signal with the highest pressure counts, and all are read', () => {
  const changes: LoadChange[] = []
  const [low, high, broken] = [told(0.2), told(3), told(Number.NaN)]
  const throwing = {
    read() {
      throw new Error('no reading')
    },
  }
  const { clock, load } = setUp({
    signals: { broken, high, throwing, low },
    onChange(change) {
      changes.push(change)
      throw new Error('dropped')
    },
  })
  clock.advance('1s')
  expect(load.step).toBe(15)
  expect([low.reads, high.reads, broken.reads]).toEqual([1, 1, 1])
  expect(changes).toEqual([{ from: 20, to: 15, signal: 'high', pressure: 3 }])
  high.pressure = 0.9
  clock.advance('1s')
  expect(load.step).toBe(16)
  expect(changes[1]).toEqual({ from: 15, to: 16, signal: 'high', pressure: 0.9 })
})

test('law: the share is a whole number from the floor to all; it falls only under pressure, and rises only without', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 2, max: 50 })
        .chain((steps) => fc.tuple(fc.constant(steps), fc.integer({ min: 1, max: steps }))),
      fc.array(fc.tuple(fc.double({ min: 0, max: 3, noNaN: true }), fc.integer({ min: 0, max: 3_000 })), {
        minLength: 1,
      }),
      ([steps, floor], program) => {
        const { clock, signal, load } = setUp({ steps, floor })
        let before = load.step
        for (const [pressure, ms] of program) {
          signal.pressure = pressure
          if (ms > 0) clock.advance(ms)
          const { step } = load
          expect(Number.isInteger(step) && step >= floor && step <= steps).toBe(true)
          if (step > before && pressure > 1) expect(ms).toBeGreaterThan(1_000)
          if (step < before) expect(pressure).toBeGreaterThan(1)
          before = step
        }
      },
    ),
  )
})

describe('wrong options', () => {
  test.each<[string, unknown]>([
    ['options', undefined],
    ['options', { signals: undefined }],
    ['signals', { signals: {} }],
    ['signals', { signals: { lag: 5 } }],
    ['steps', { steps: 1 }],
    ['steps', { steps: 2.5 }],
    ['floor', { floor: 0 }],
    ['floor', { floor: 21 }],
    ['every', { every: '1 s' }],
    ['onChange', { onChange: 5 }],
  ])('%s: %j', (option, options) => {
    const given = options === undefined ? options : { signals: { signal: told() }, ...(options as object) }
    expect(() => createLoad(given as LoadOptions)).toThrow(
      expect.objectContaining({ name: 'HeadgateError', option }),
    )
  })
})
