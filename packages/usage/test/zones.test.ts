import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createUsage, memoryLedger, type UsageRow } from '../src/index.ts'
import { SLOT } from '../src/slot.ts'
import { START } from './support.ts'

/** Times of use, each one unit, in a ledger. */
async function usageOf(times: readonly number[]) {
  const usage = createUsage({ ledger: memoryLedger() })
  for (const at of times) usage.record({ subject: 'acme', at })
  await usage.flush()
  return usage
}

function micros(text: string): number {
  return Date.parse(text) * 1_000
}

function hoursOf({ start, end }: UsageRow): number {
  return (Date.parse(end) - Date.parse(start)) / 3_600_000
}

/** One use in each quarter hour from `from` to `to`. */
function everyQuarter(from: string, to: string): number[] {
  const [start, end] = [micros(from), micros(to)]
  return Array.from({ length: (end - start) / SLOT }, (_, i) => start + i * SLOT + ((i * 7_919) % SLOT))
}

describe('days', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', 23, '+01:00', '+02:00'],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 25, '+02:00', '+01:00'],
    [
      'America/New_York',
      '2026-03-08',
      '2026-03-08T05:00:00Z',
      '2026-03-09T04:00:00Z',
      23,
      '-05:00',
      '-04:00',
    ],
    [
      'America/New_York',
      '2026-11-01',
      '2026-11-01T04:00:00Z',
      '2026-11-02T05:00:00Z',
      25,
      '-04:00',
      '-05:00',
    ],
    ['Asia/Kathmandu', '2026-06-15', '2026-06-14T18:15:00Z', '2026-06-15T18:15:00Z', 24, '+05:45', '+05:45'],
    ['Pacific/Chatham', '2026-04-05', '2026-04-04T10:15:00Z', '2026-04-05T11:15:00Z', 25, '+13:45', '+12:45'],
    ['Pacific/Chatham', '2026-09-27', '2026-09-26T11:15:00Z', '2026-09-27T10:15:00Z', 23, '+12:45', '+13:45'],
    [
      'Australia/Lord_Howe',
      '2026-04-05',
      '2026-04-04T13:00:00Z',
      '2026-04-05T13:30:00Z',
      24.5,
      '+11:00',
      '+10:30',
    ],
    // Midnight is skipped there, and the day begins at one.
    [
      'America/Asuncion',
      '2023-10-01',
      '2023-10-01T04:00:00Z',
      '2023-10-02T03:00:00Z',
      23,
      '-03:00',
      '-03:00',
    ],
  ])('of %s, %s, are what the clocks there say', async (timeZone, date, from, to, hours, before, after) => {
    const usage = await usageOf(everyQuarter(from, to).flatMap((at) => [at, at + 1]))
    const around = [micros(from) - 86_400_000_000, micros(to) + 86_400_000_000] as const
    const rows = await usage.query({ from: around[0], to: around[1], by: 'day', timeZone })
    expect(rows).toHaveLength(1)
    const [row] = rows
    expect(row?.requests).toBe(hours * 8)
    expect(row?.start).toMatch(new RegExp(`^${date}T0[01]:00:00\\${before}$`))
    expect(row?.end.slice(-6)).toBe(after)
    expect(rows.map(hoursOf)).toEqual([hours])
    expect([micros(row?.start ?? ''), micros(row?.end ?? '')]).toEqual([micros(from), micros(to)])
    // A date by itself is where it begins there.
    expect(await usage.query({ from: date, to: around[1], by: 'total', timeZone })).toMatchObject([
      { start: row?.start, requests: hours * 8 },
    ])
  })

  test('a date that there wasn’t begins where the next one does', async () => {
    const usage = await usageOf(everyQuarter('2011-12-29T00:00:00Z', '2012-01-01T00:00:00Z'))
    const timeZone = 'Pacific/Apia'
    const rows = await usage.query({ from: '2011-12-29', to: '2012-01-01', by: 'day', timeZone })
    expect(rows.map(({ start, requests }) => [start.slice(0, 10), requests])).toEqual([
      ['2011-12-29', 96],
      ['2011-12-31', 96],
    ])
    const [row] = await usage.query({ from: '2011-12-30', to: '2012-01-01', by: 'total', timeZone })
    expect(row?.start).toBe('2011-12-31T00:00:00+14:00')
  })
})

test('a zone in other letters is the same', async () => {
  const usage = await usageOf([START])
  const query = { from: '2026-01-01', to: '2026-01-02', by: 'day' } as const
  const rows = await usage.query({ ...query, timeZone: 'eUrOpE/bErLiN' })
  expect(rows).toEqual(await usage.query({ ...query, timeZone: 'Europe/Berlin' }))
  expect(rows[0]?.start).toBe('2026-01-01T00:00:00+01:00')
})

const ZONES = [
  'UTC',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
]

const formats = new Map<string, Intl.DateTimeFormat>()

/** What the clocks of a place show, down to the period: `"2026-03-29"`. */
function shown(at: number, timeZone: string, by: 'hour' | 'day' | 'month'): string {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(timeZone, format)
  }
  return format
    .format(at / 1_000)
    .slice(0, { hour: 13, day: 10, month: 7 }[by])
    .replace(' ', 'T')
}

const anyTime = fc.oneof(
  // Around changes of the clocks, and anywhere else.
  fc
    .tuple(
      fc.constantFrom(
        '2026-03-29T01:00Z',
        '2026-10-25T01:00Z',
        '2026-11-01T06:00Z',
        '2011-12-30T10:00Z',
        '2011-11-06T02:31Z',
      ),
      fc.integer({ min: -400_000, max: 400_000 }),
    )
    .map(([when, seconds]) => micros(when) + seconds * 1_000_000),
  fc.integer({ min: START, max: START + 4e13 }),
)

test('sums by hour, day and month are those of each single event by its local time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyTime, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(...ZONES),
      fc.constantFrom('hour', 'day', 'month'),
      async (times, timeZone, by) => {
        // Not more periods than may be asked for.
        const far = { hour: 5e11, day: 1e14, month: 1e15 }[by]
        const near = times.filter((at) => Math.abs(at - (times[0] ?? 0)) < far)
        const usage = await usageOf(near)
        const from = Math.floor(Math.min(...near) / SLOT) * SLOT
        const to = Math.floor(Math.max(...near) / SLOT) * SLOT + SLOT
        const rows = await usage.query({ from, to, by, timeZone })
        const model = new Map<string, number>()
        for (const at of near)
          model.set(shown(at, timeZone, by), (model.get(shown(at, timeZone, by)) ?? 0) + 1)
        const length = { hour: 13, day: 10, month: 7 }[by]
        const found = rows.map(({ start, requests }) => [start.slice(0, length), requests] as const)
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(model))
        expect(found).toHaveLength(model.size)
      },
    ),
    { numRuns: 200 },
  )
})

// What the roll-up stands on: https://www.iana.org/time-zones, as the runtime has it.
test('since 1980 every zone is off UTC by whole quarter hours, and since 2012 it changes at one', () => {
  // A station in Antarctica, which changed at a minute past midnight from 2020 to 2022.
  const zones = Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'Antarctica/Casey')
  expect(zones.length).toBeGreaterThan(400)
  const wrong: string[] = []
  for (const timeZone of zones) {
    const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    const offset = (ms: number) => format.format(ms).split(' ').at(-1) ?? ''
    const step = 14 * 86_400_000
    for (let ms = Date.UTC(1980, 0, 1); ms < Date.UTC(2038, 0, 1); ms += step) {
      const [before, after] = [offset(ms), offset(ms + step)]
      if (!/^GMT([+-]\d\d:(00|15|30|45))?$/.test(after)) wrong.push(`${timeZone} ${after}`)
      if (after === before || ms < Date.UTC(2012, 0, 1)) continue
      // The minute at which it changed, by halves.
      let [low, high] = [ms, ms + step]
      while (high - low > 60_000) {
        const middle = low + Math.floor((high - low) / 120_000) * 60_000
        if (offset(middle) === before) low = middle
        else high = middle
      }
      if (high % 900_000 !== 0) wrong.push(`${timeZone} at ${new Date(high).toISOString()}`)
    }
  }
  expect(wrong).toEqual([])
})

test('where a period doesn’t begin on a quarter hour that is said, not rounded', async () => {
  const usage = await usageOf([])
  const ask = (timeZone: string, by: 'hour' | 'day', from: string, to: string) =>
    usage.query({ from: `${from}T00:00:00Z`, to: `${to}T00:00:00Z`, by, timeZone })
  const refused = { code: 'INVALID_TIME', option: 'timeZone' }
  // Ten hours and forty minutes off, and a change from 00:01 to 01:01.
  await expect(ask('Pacific/Kiritimati', 'day', '1979-01-01', '1979-02-01')).rejects.toMatchObject(refused)
  await expect(ask('America/St_Johns', 'hour', '2010-03-14', '2010-03-15')).rejects.toMatchObject(refused)
  expect(await ask('America/St_Johns', 'day', '2010-03-13', '2010-03-16')).toEqual([])
})
