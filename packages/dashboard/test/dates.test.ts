import { calendarBounds } from '@headgate/core'
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
  // Clocks are changed at midnight: there is none, or there are two.
  ['2026-03-08', 'America/Havana', '2026-03-08T05:00:00.000Z'],
  ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z'],
  ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
  ['2026-10-30', 'Africa/Cairo', '2026-10-29T22:00:00.000Z'],
  ['2026-03-29', 'Asia/Beirut', '2026-03-28T22:00:00.000Z'],
  ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
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

test.each([
  ['2026-03-29', 23],
  // Clocks show one of them twice, which is one to the ledger.
  ['2026-10-25', 24],
])('hours of %s, on which clocks are changed, are the %i of the ledger', (from, count) => {
  const timeZone = 'Europe/Berlin'
  const hours = periodsOf({ from, to: addDays(from, 1), by: 'hour', timeZone })
  expect(hours.length).toBe(count)
  for (const { start } of hours)
    expect(calendarBounds({ per: 'hour', timeZone }, start * 1_000)[0]).toBe(start * 1_000)
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

test.each([
  'Africa/Cairo',
  'Africa/Casablanca',
  'America/Havana',
  'America/Nuuk',
  'America/Santiago',
  'America/St_Johns',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Kolkata',
  'Atlantic/Azores',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Pacific/Apia',
  'Pacific/Chatham',
])('a day of %s begins where the ledger says that it does', (timeZone) => {
  for (let date = '2026-01-01'; date < '2027-01-01'; date = addDays(date, 1)) {
    const start = startOf(date, timeZone)
    expect(`${date} ${dateIn(timeZone, start)}`).toBe(`${date} ${date}`)
    expect(calendarBounds({ per: 'day', timeZone }, start * 1_000)[0]).toBe(start * 1_000)
  }
})

test('no row is lost, wherever its period begins', () => {
  const row = { end: '', requests: 1, denied: 0, units: 1, deniedUnits: 0 }
  // On this night clocks are put back by half an hour.
  const hours = periodsOf({
    from: '2026-04-04',
    to: '2026-06-20',
    by: 'hour',
    timeZone: 'Australia/Lord_Howe',
  })
  const rows = [
    { ...row, start: '2026-04-05T12:00:00+10:30' },
    { ...row, start: '2026-06-19T23:00:00+10:30' },
  ]
  const bars = barsOf(hours, rows, 'requests').filter(({ allowed }) => allowed > 0)
  expect(bars.map(({ allowed }) => allowed)).toEqual([1, 1])
})
