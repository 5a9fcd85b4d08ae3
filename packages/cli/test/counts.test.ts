import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDistinct } from '../src/replay/distinct.ts'
import { createIntern } from '../src/replay/intern.ts'
import { createTally } from '../src/replay/tally.ts'
import { coarser, createTimeline, type Timeline } from '../src/replay/timeline.ts'

describe('the tally of keys', () => {
  const steps = fc.array(fc.record({ key: fc.nat({ max: 40 }).map((n) => `k${n}`), denied: fc.boolean() }), {
    maxLength: 400,
    size: 'max',
  })

  function tallied(list: readonly { key: string; denied: boolean }[], maxKeys: number) {
    const tally = createTally(1, maxKeys)
    for (const { key, denied } of list) {
      const slot = tally.slotOf(key)
      expect(tally.keyOf(slot)).toBe(key)
      tally.request(slot)
      if (denied) tally.deny(slot, 0)
    }
    return tally
  }

  it('is exact while there is room', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const tally = tallied(list, 41)
        const keys = new Set(list.map(({ key }) => key))
        expect(tally.counts()).toEqual({ keys: keys.size, estimated: false })
        const expected = [...keys]
          .map((key) => ({
            key,
            requests: list.filter((step) => step.key === key).length,
            denied: list.filter((step) => step.key === key && step.denied).length,
          }))
          .filter(({ denied }) => denied > 0)
          .sort((a, b) => b.denied - a.denied || (a.key < b.key ? -1 : 1))
        expect(tally.denied(0, 5)).toEqual({ top: expected.slice(0, 5), keys: expected.length, slack: 0 })
      }),
    )
  })

  it('says by how much it may be short when there is none', () => {
    let forgot = 0
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 20 }), (list, maxKeys) => {
        const tally = tallied(list, maxKeys)
        const { top, slack } = tally.denied(0, 100)
        if (tally.counts().estimated) forgot++
        expect(top.length).toBeLessThanOrEqual(maxKeys)
        for (const { key, denied } of top) {
          const real = list.filter((step) => step.key === key && step.denied).length
          expect(denied).toBeLessThanOrEqual(real)
          expect(denied + slack).toBeGreaterThanOrEqual(real)
        }
      }),
    )
    expect(forgot).toBeGreaterThan(10)
  })

  it('keeps who is denied most, however many others pass by', () => {
    const tally = createTally(1, 100)
    for (let i = 0; i < 10_000; i++) {
      tally.request(tally.slotOf(`passer-by ${i}`))
      const slot = tally.slotOf(`heavy ${i % 3}`)
      tally.request(slot)
      tally.deny(slot, 0)
    }
    expect(tally.denied(0, 10)).toEqual({
      top: [
        { key: 'heavy 0', requests: 3_334, denied: 3_334 },
        { key: 'heavy 1', requests: 3_333, denied: 3_333 },
        { key: 'heavy 2', requests: 3_333, denied: 3_333 },
      ],
      keys: 3,
      slack: 0,
    })
    const { keys, estimated } = tally.counts()
    expect(estimated).toBe(true)
    expect(Math.abs(keys - 10_003)).toBeLessThan(10_003 * 0.05)
  })
})

describe('the estimate of distinct strings', () => {
  it.each([0, 10, 1_000, 60_000, 300_000])('is right to some percent for %d', (count) => {
    const distinct = createDistinct()
    for (let repeat = 0; repeat < 2; repeat++) for (let i = 0; i < count; i++) distinct.add(`user-${i}`)
    expect(Math.abs(distinct.estimate() - count)).toBeLessThanOrEqual(count * 0.03)
  })
})

describe('interned strings', () => {
  it('are what the bytes say, whatever was seen before', () => {
    const intern = createIntern()
    const texts = fc.oneof(fc.string({ maxLength: 3 }), fc.string({ unit: 'grapheme', maxLength: 100 }))
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 30 }), (list) => {
        for (const text of list) {
          const bytes = Buffer.from(`<${text}>`)
          expect(intern(bytes, 1, bytes.length - 1)).toBe(bytes.toString('utf8', 1, bytes.length - 1))
        }
      }),
    )
  })

  it('are not mistaken for longer ones that begin alike and fall to the same place', () => {
    const intern = createIntern()
    for (let i = 10_000; i < 20_000; i++) {
      const bytes = Buffer.from(`${i} is a key`)
      for (let to = bytes.length; to > 0; to--)
        expect(intern(bytes, 0, to)).toBe(bytes.toString('utf8', 0, to))
    }
  })
})

describe('the timeline', () => {
  const total = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0)
  const times = fc.array(fc.oneof(fc.nat({ max: 5_000_000 }), fc.nat({ max: 2_000_000_000_000_000 })), {
    minLength: 1,
    maxLength: 300,
    size: 'max',
  })

  /** How many of the times lie in each part. */
  function expectParts({ start, width, requests }: Timeline, sorted: readonly number[]) {
    requests.forEach((count, i) => {
      const from = start + i * width
      expect(count).toBe(sorted.filter((at) => at >= from && at < from + width).length)
    })
    expect(total(requests)).toBe(sorted.length)
  }

  it('counts every request in the part that it lies in, in at most so many parts', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 2, max: 50 }), (list, max) => {
        const sorted = [...list].sort((a, b) => a - b)
        const builder = createTimeline(1, max)
        sorted.forEach((at, i) => {
          builder.request(at)
          if (i % 3 === 0) builder.deny(0)
        })
        const timeline = builder.build()
        expect(timeline.requests.length).toBeLessThanOrEqual(max)
        expectParts(timeline, sorted)
        expect(total(timeline.denied[0] as number[])).toBe(Math.ceil(sorted.length / 3))
        const fewer = coarser(timeline, 16)
        expect(fewer.requests.length).toBeLessThanOrEqual(16)
        expectParts(fewer, sorted)
        expect(total(fewer.denied[0] as number[])).toBe(Math.ceil(sorted.length / 3))
      }),
    )
  })
})
