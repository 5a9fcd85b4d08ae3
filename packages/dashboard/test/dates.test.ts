import { expect, test } from 'vitest'
import { addDays, dateIn, firstOfMonth, isDate, startOf } from '../app/lib/dates.ts'
import { rangeOf } from '../app/lib/ranges.ts'
import { barsOf, periodsOf } from '../app/lib/usage-bars.ts'

const iso = (ms: number): string => new Date(ms).toISOString()

test.each([
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
  ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
  ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z'],
  ['2026-10-26', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
  ['2026-03-08', 'America/New_York', '2026-03-08T05:00:00.000Z'],
  ['2026-03-09', 'America/New_York', '2026-03-09T04:00:00.000Z'],
  ['2026-01-01', 'Asia/Kathmandu', '2025-12-31T18:15:00.000Z'],
  ['2026-01-01', 'UTC', '2026-01-01T00:00:00.000Z'],
])('%s begins in %s at %s', (date, zone, at) => {
  expect(iso(startOf(date, zone))).toBe(at)
})

test('today is where one is', () => {
  const at = Date.parse('2026-12-31T23:30:00Z')
  expect(dateIn('UTC', at)).toBe('2026-12-31')
  expect(dateIn('Europe/Berlin', at)).toBe('2027-01-01')
  expect(dateIn('America/Los_Angeles', at)).toBe('2026-12-31')
})

test('dates are reckoned by the calendar', () => {
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29')
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31')
  expect(firstOfMonth('2026-12-31', 1)).toBe('2027-01-01')
  expect(firstOfMonth('2026-01-31', -1)).toBe('2025-12-01')
  expect(isDate('2026-13-01')).toBe(false)
  expect(isDate('2026-1-1')).toBe(false)
})

const NOW = Date.parse('2026-03-10T12:00:00Z')

test.each([
  ['today', '2026-03-10', '2026-03-11'],
  ['7days', '2026-03-04', '2026-03-11'],
  ['30days', '2026-02-09', '2026-03-11'],
  ['month', '2026-03-01', '2026-04-01'],
  ['last-month', '2026-02-01', '2026-03-01'],
  ['custom', '2026-01-05', '2026-01-08'],
  ['nonsense', '2026-03-04', '2026-03-11'],
])('%s is from %s to before %s', (name, from, to) => {
  expect(rangeOf(name, 'UTC', NOW, '2026-01-05', '2026-01-07')).toEqual({ from, to })
})

test('dates in the wrong order are not asked for', () => {
  expect(rangeOf('custom', 'UTC', NOW, '2026-01-05', '2026-01-04').from).toBe('2026-03-04')
})

test('the day on which clocks are changed has 23 hours, and one in autumn 25', () => {
  const hours = (from: string) =>
    periodsOf({ from, to: addDays(from, 1), by: 'hour', timeZone: 'Europe/Berlin' }).length
  expect(hours('2026-03-29')).toBe(23)
  expect(hours('2026-10-25')).toBe(25)
})

test('each row is added to its own bar, and days without any have one too', () => {
  const days = periodsOf({ from: '2026-03-28', to: '2026-03-31', by: 'day', timeZone: 'Europe/Berlin' })
  const row = { end: '', requests: 2, denied: 1, units: 20, deniedUnits: 10 }
  const rows = [
    { ...row, start: '2026-03-28T00:00:00+01:00', meter: 'a' },
    { ...row, start: '2026-03-28T00:00:00+01:00', meter: 'b' },
    { ...row, start: '2026-03-30T00:00:00+02:00' },
  ]
  const figures = (what: 'requests' | 'units') =>
    barsOf(days, rows, what).map(({ allowed, denied }) => [allowed, denied])
  expect(figures('requests')).toEqual([
    [4, 2],
    [0, 0],
    [2, 1],
  ])
  expect(figures('units')).toEqual([
    [40, 20],
    [0, 0],
    [20, 10],
  ])
})
