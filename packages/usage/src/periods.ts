import {
  calendarBounds,
  HeadgateError,
  invalidOption,
  type Micros,
  parseInstant,
  showValue,
} from '@headgate/core'
import { SLOT } from './slot.ts'
import { isoTime } from './time-zone.ts'

/** What is summed: each hour, day or month of the calendar, or all. */
export type UsagePeriod = 'hour' | 'day' | 'month' | 'total'

/**
 * A time on a quarter hour: a `Date`, microseconds since 1970, text of ISO 8601 with its time zone
 * (`"2026-03-01T00:00:00Z"`), or a date by itself, which means where it begins in the query's time zone.
 */
export type Moment = Date | Micros | string

/** From when to when, by what, and where days begin. */
export interface Span {
  readonly from: Moment
  /** The first moment that isn't counted any more. */
  readonly to: Moment
  readonly by: UsagePeriod
  readonly timeZone: string
}

/** More would keep the process busy: in most zones each costs some 30 µs. Eight years of days, or four months of hours. */
const MAX_PERIODS = 3_000
const DAY = 86_400_000_000

/**
 * Where the periods begin and end, those at the edges cut off by `from` and `to`.
 *
 * @throws HeadgateError `INVALID_TIME`, `INVALID_OPTION`
 */
export function boundsOf({ from, to, by, timeZone }: Span): Micros[] {
  if (by !== 'hour' && by !== 'day' && by !== 'month' && by !== 'total')
    throw invalidOption('by', by, '"hour", "day", "month" or "total"', 'Choose one')
  const start = momentOf(from, 'from', timeZone)
  const end = momentOf(to, 'to', timeZone)
  if (end <= start)
    throw invalidTime('to', to, 'later than `from`', 'It is the first moment that isn’t counted')
  const bounds = [start]
  for (let at = start; by !== 'total'; ) {
    // The end of the period that it lies in, and of the one after that.
    const [, ...ends] = calendarBounds({ per: by, timeZone }, at)
    for (const next of ends) {
      if (next >= end) return [...bounds, end]
      checkSlot(next, 'timeZone', timeZone)
      if (bounds.push(next) > MAX_PERIODS) throw tooMany(to)
      at = next
    }
  }
  return [...bounds, end]
}

function tooMany(to: Moment): HeadgateError {
  const fix = 'Ask for longer ones, or in parts'
  return invalidOption('to', to, `at most ${MAX_PERIODS} periods after \`from\``, fix)
}

const DATE = /^\d{4}-\d\d-\d\d$/

function momentOf(moment: unknown, option: string, timeZone: string): Micros {
  let at: unknown = moment
  if (moment instanceof Date) at = moment.getTime() * 1_000
  if (typeof moment === 'string') at = timeOf(moment, timeZone)
  if (!Number.isSafeInteger(at) || (at as Micros) < 0) {
    const fix = 'Write "2026-03-01", or with its time zone "2026-03-01T00:00:00Z"'
    throw invalidTime(option, moment, 'a time from 1970 on', fix)
  }
  checkSlot(at as Micros, option, moment)
  return at as Micros
}

function timeOf(text: string, timeZone: string): Micros | undefined {
  if (!DATE.test(text)) return parseInstant(text)
  const midnight = parseInstant(`${text}T00:00Z`)
  return midnight === undefined ? undefined : startOfDate(text, midnight, timeZone)
}

/** The first moment of a date, or, where the date line moved and there was none, of the next. */
function startOfDate(date: string, midnight: Micros, timeZone: string): Micros {
  // From two days before, where the local date is an earlier one wherever that is.
  let [start, end] = [0, midnight - 2 * DAY]
  do [start, end] = calendarBounds({ per: 'day', timeZone }, end)
  while (isoTime(start, timeZone).slice(0, 10) < date)
  return start
}

function checkSlot(at: Micros, option: string, value: unknown): void {
  if (at % SLOT === 0) return
  const fix = 'Counts are kept by quarter hours of UTC: round it to one'
  throw invalidTime(option, value, `on a quarter hour, and not at ${isoTime(at, 'UTC')}`, fix)
}

function invalidTime(option: string, value: unknown, expected: string, fix: string): HeadgateError {
  const message = `\`${option}\` must be ${expected}; it is ${showValue(value)}`
  return new HeadgateError({ code: 'INVALID_TIME', option, value, message, fix })
}
