import { manualClock } from '@headgate/core'
import { createDirectory, definePlans } from '@headgate/plans'
import { createUsage, memoryLedger } from '@headgate/usage'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { usualDaily, usualLimit } from '../src/index.ts'

const DAY = 86_400_000_000

test('so many times what is usual, within bounds', () => {
  const bounds = { factor: 3, min: 50, max: 1_000 }
  expect(usualLimit([], bounds)).toBe(50)
  expect(usualLimit([0, 90, 100, 110], bounds)).toBe(330)
  expect(usualLimit([400, 0], bounds)).toBe(1_000)
  // One day in ten may have been anything.
  expect(usualLimit([1, 2, 3, 4, 5, 6, 7, 8, 20, 10_000], bounds)).toBe(60)
  expect(usualLimit([10, 20, 30], { ...bounds, quantile: 0.5 })).toBe(60)
  expect(usualLimit([33], { ...bounds, factor: 1.7 })).toBe(57)
})

test('law: the limit is whole, within bounds, independent of the order, and never falls where use rises', () => {
  const totals = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 40 })
  const factor = fc.double({ min: 1, max: 10, noNaN: true })
  fc.assert(
    fc.property(totals, factor, fc.nat(39), (uses, by, nth) => {
      const bounds = { factor: by, min: 10, max: 20_000 }
      const limit = usualLimit(uses, bounds)
      expect(Number.isInteger(limit) && limit >= 10 && limit <= 20_000).toBe(true)
      expect(usualLimit(uses.toReversed(), bounds)).toBe(limit)
      const more = uses.map((use, i) => (i === nth % uses.length ? use + 1_000 : use))
      expect(usualLimit(more, bounds)).toBeGreaterThanOrEqual(limit)
    }),
  )
})

test('a customer’s day follows the days before, by its own calendar, and today doesn’t count', async () => {
  // The clocks of Berlin were put forward within the four weeks before: so many times 24 hours ago it was a day earlier.
  const noon = Date.UTC(2026, 3, 8, 12) * 1_000
  const clock = manualClock(noon)
  const usage = createUsage({ ledger: memoryLedger(), clock })
  for (let day = 1; day <= 28; day++)
    usage.record({ subject: 'acme', units: 1_000 + day, at: noon - day * DAY })
  // Too long ago, and too late.
  usage.record({ subject: 'acme', units: 90_000, at: noon - 29 * DAY })
  for (let i = 0; i < 9; i++) usage.record({ subject: 'acme', units: 90_000, at: noon })
  usage.record({ subject: 'rare', units: 5_000, at: noon - DAY })
  usage.correct({ subject: 'refunded', units: -5_000, at: noon - DAY })
  await usage.flush()

  const usual = usualDaily({
    usage,
    factor: 3,
    min: 100,
    max: 100_000,
    quantile: 1,
    timeZone: 'Europe/Berlin',
    clock,
  })
  expect(await usual('acme')).toEqual({ daily: 3 * 1_028 })
  expect(await usual('nobody')).toEqual({ daily: 100 })
  expect(await usual('refunded')).toEqual({ daily: 100 })
  // On one day of 28 is not usual.
  const mostly = usualDaily({ usage, factor: 3, min: 100, max: 100_000, clock })
  expect(await mostly('rare')).toEqual({ daily: 100 })

  const directory = createDirectory({
    plans: definePlans({ free: { rate: { limit: 5, per: '1s' }, daily: 1_000 } }),
    default: 'free',
    lookup: async (account) => ({ plan: 'free', ...(await usual(account)) }),
  })
  const { limits } = await directory.planOf('acme')
  expect([limits['daily'], Object.keys(limits)]).toEqual([
    { algorithm: 'quota', limit: 3_084, per: 'day' },
    ['rate', 'daily'],
  ])
  await usage.close()
})

test('a ledger that fails is the lookup’s failure', async () => {
  const usage = { query: async () => Promise.reject(new Error('away')) }
  await expect(usualDaily({ usage, factor: 2, min: 1, max: 2 })('a')).rejects.toThrow('away')
})

const right = { factor: 2, min: 1, max: 10 }
test.each<[string, () => unknown]>([
  ['factor', () => usualLimit([], { ...right, factor: 0.5 })],
  ['factor', () => usualLimit([], { ...right, factor: Number.NaN })],
  ['min', () => usualLimit([], { ...right, min: 0 })],
  ['max', () => usualLimit([], { ...right, min: 5, max: 4 })],
  ['quantile', () => usualLimit([], { ...right, quantile: 0 })],
  ['totals', () => usualLimit([-1], right)],
  ['totals', () => usualLimit('x' as never, right)],
  ['usage', () => usualDaily({ ...right, usage: {} as never })],
  ['days', () => usualDaily({ ...right, usage: { query: async () => [] }, days: 0 })],
  ['options', () => usualDaily(undefined as never)],
])('a wrong %s is an error', (option, make) => {
  expect(make).toThrow(expect.objectContaining({ name: 'HeadgateError', option }))
})
