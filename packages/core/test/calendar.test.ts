import { compileLimit, quota } from '@headgate/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Calendar, calendarBounds } from '../src/calendar.ts'

const iso = (micros: number) => new Date(micros / 1_000).toISOString()
const at = (text: string) => Date.parse(text) * 1_000

const HOUR = 3_600_000_000

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'Asia/Kolkata',
  'Africa/Casablanca',
  'Australia/Lord_Howe',
  'Pacific/Apia',
]

function expectTiling(calendar: Calendar, now: number): void {
  const [start, end, nextEnd] = calendarBounds(calendar, now)
  expect(start).toBeLessThanOrEqual(now)
  expect(end).toBeGreaterThan(now)
  expect(nextEnd).toBeGreaterThan(end)
  expect(calendarBounds(calendar, start).slice(0, 2)).toEqual([start, end])
  expect(calendarBounds(calendar, end - 1).slice(0, 2)).toEqual([start, end])
  expect(calendarBounds(calendar, end).slice(0, 2)).toEqual([end, nextEnd])
}

/** The hours of a year in which a zone's clocks change, in µs. */
function changesOf(timeZone: string, year: number): number[] {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  const offsetAt = (time: number) =>
    format.formatToParts(time / 1_000).find((part) => part.type === 'timeZoneName')?.value
  const first = Date.UTC(year, 0, 1) * 1_000
  return Array.from({ length: 366 * 24 }, (_, hour) => first + hour * HOUR).filter(
    (time) => offsetAt(time) !== offsetAt(time - HOUR),
  )
}

describe('calendar windows', () => {
  test.each<[string, Calendar, string, [string, string, string]]>([
    [
      'a UTC day',
      { per: 'day' },
      '2026-03-01T23:59:59.999Z',
      ['2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z', '2026-03-03T00:00:00.000Z'],
    ],
    [
      'a day of 23 hours',
      { per: 'day', timeZone: 'Europe/Berlin' },
      '2026-03-29T12:00:00Z',
      ['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', '2026-03-30T22:00:00.000Z'],
    ],
    [
      'a day of 25 hours',
      { per: 'day', timeZone: 'America/New_York' },
      '2026-11-01T12:00:00Z',
      ['2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z', '2026-11-03T05:00:00.000Z'],
    ],
    [
      'a day without midnight',
      { per: 'day', timeZone: 'America/Sao_Paulo' },
      '2018-11-04T12:00:00Z',
      ['2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z', '2018-11-06T02:00:00.000Z'],
    ],
    [
      'a day with two midnights',
      { per: 'day', timeZone: 'America/Havana' },
      '2025-11-02T12:00:00Z',
      ['2025-11-02T04:00:00.000Z', '2025-11-03T05:00:00.000Z', '2025-11-04T05:00:00.000Z'],
    ],
    [
      'an hour at a half-hour offset',
      { per: 'hour', timeZone: 'Asia/Kolkata' },
      '2026-01-01T00:10:00Z',
      ['2025-12-31T23:30:00.000Z', '2026-01-01T00:30:00.000Z', '2026-01-01T01:30:00.000Z'],
    ],
    [
      'an hour that is shown twice',
      { per: 'hour', timeZone: 'Europe/Berlin' },
      '2026-10-25T01:30:00Z',
      ['2026-10-25T00:00:00.000Z', '2026-10-25T02:00:00.000Z', '2026-10-25T03:00:00.000Z'],
    ],
    [
      'the hour before one that is skipped',
      { per: 'hour', timeZone: 'Europe/Berlin' },
      '2026-03-29T00:30:00Z',
      ['2026-03-29T00:00:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-29T02:00:00.000Z'],
    ],
    [
      'the day before one that is skipped',
      { per: 'day', timeZone: 'Pacific/Apia' },
      '2011-12-30T00:00:00Z',
      ['2011-12-29T10:00:00.000Z', '2011-12-30T10:00:00.000Z', '2011-12-31T10:00:00.000Z'],
    ],
    [
      'a week from Monday',
      { per: 'week' },
      '2026-11-22T12:00:00Z',
      ['2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ],
    [
      'a week from Sunday',
      { per: 'week', anchorDay: 7 },
      '2026-11-22T12:00:00Z',
      ['2026-11-22T00:00:00.000Z', '2026-11-29T00:00:00.000Z', '2026-12-06T00:00:00.000Z'],
    ],
    [
      'a month from the 31st',
      { per: 'month', anchorDay: 31 },
      '2026-02-28T12:00:00Z',
      ['2026-02-28T00:00:00.000Z', '2026-03-31T00:00:00.000Z', '2026-04-30T00:00:00.000Z'],
    ],
    [
      'a month from the 15th',
      { per: 'month', anchorDay: 15 },
      '2026-01-14T12:00:00Z',
      ['2025-12-15T00:00:00.000Z', '2026-01-15T00:00:00.000Z', '2026-02-15T00:00:00.000Z'],
    ],
  ])('%s', (_, calendar, now, bounds) => {
    expect(calendarBounds(calendar, at(now)).map(iso)).toEqual(bounds)
  })

  test('windows hold their time, and the next begins where one ends', () => {
    const zone = fc.constantFrom(...zones)
    const calendars = fc.oneof(
      fc.record({ per: fc.constantFrom('hour' as const, 'day' as const), timeZone: zone }),
      fc.record({
        per: fc.constant('week' as const),
        timeZone: zone,
        anchorDay: fc.integer({ min: 1, max: 7 }),
      }),
      fc.record({
        per: fc.constant('month' as const),
        timeZone: zone,
        anchorDay: fc.integer({ min: 1, max: 31 }),
      }),
    )
    const times = fc.integer({ min: at('1990-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') })
    fc.assert(fc.property(calendars, times, expectTiling), { numRuns: 300 })
  })

  test.each(zones)('and so they do around the changes of the clocks in %s', (timeZone) => {
    const around = [
      -25 * HOUR,
      -1.5 * HOUR,
      -0.75 * HOUR,
      -1,
      0,
      0.25 * HOUR,
      0.75 * HOUR,
      1.5 * HOUR,
      25 * HOUR,
    ]
    for (const change of [2011, 2018, 2026].flatMap((year) => changesOf(timeZone, year))) {
      for (const per of ['hour', 'day', 'week', 'month'] as const) {
        for (const distance of around) expectTiling({ per, timeZone }, change + distance)
      }
    }
  })

  test('a compiled quota gives the rule of the time', () => {
    const compiled = compileLimit(quota({ limit: 5, per: 'day' }))
    expect(compiled.calendar).toBe(true)
    expect(compiled.ruleAt(at('2026-01-01T12:00:00Z'))).toMatchObject({
      start: at('2026-01-01T00:00:00Z'),
      limit: 5,
    })
    expect(compiled.ruleAt(at('2026-01-02T00:00:00Z'))).toMatchObject({ start: at('2026-01-02T00:00:00Z') })
    expect(compiled.ruleAt(at('2026-01-01T23:59:59Z'))).toMatchObject({ start: at('2026-01-01T00:00:00Z') })
  })
})
