import { HeadgateError } from './errors.ts'
import type { Micros } from './micros.ts'
import { showValue } from './show-value.ts'

/** A period of the calendar. */
export type CalendarPeriod = 'hour' | 'day' | 'week' | 'month'

/** Which calendar windows a quota counts in. */
export interface Calendar {
  readonly per: CalendarPeriod
  readonly timeZone?: string
  readonly anchorDay?: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** @throws {@link HeadgateError} `INVALID_LIMIT` for a name that the runtime doesn't know */
export function checkTimeZone(value: unknown, option: string): void {
  if (typeof value === 'string') {
    try {
      formatter(value)
      return
    } catch {
      // fall through: a RangeError of Intl says less than ours
    }
  }
  throw new HeadgateError({
    code: 'INVALID_LIMIT',
    option,
    value,
    message: `\`${option}\` must be a time zone that this runtime knows, not ${showValue(value)}`,
    fix: 'Use an IANA name such as "UTC" or "Europe/Berlin"',
  })
}

/**
 * The window that `now` lies in and the end of the one after it, in local time: a day is 23 or 25 hours long when the
 * clocks change, an hour that is shown twice lasts two, and a day whose midnight is skipped starts when its date does.
 *
 * @returns microseconds since 1970
 * @throws RangeError of Intl for a time zone that the runtime doesn't know
 * @example
 * ```ts
 * import { calendarBounds } from '@headgate/core'
 *
 * const now = Date.UTC(2026, 2, 29, 12) * 1_000
 * const [start, end] = calendarBounds({ per: 'day', timeZone: 'Europe/Berlin' }, now)
 * console.log((end - start) / 3_600_000_000) // 23
 * ```
 */
export function calendarBounds(
  calendar: Calendar,
  now: Micros,
): [start: Micros, end: Micros, nextEnd: Micros] {
  const ms = Math.floor(now / 1_000)
  const zone = calendar.timeZone ?? 'UTC'
  const index = periodOf(calendar, ms + offsetAt(zone, ms))
  const start = instantOf(zone, startOf(calendar, index))
  let [end, nextEnd] = [start, start]
  // A period that the clocks skip whole (an hour each spring, a day where the date line moved) begins where the next one does.
  let next = index + 1
  while (end <= start) end = instantOf(zone, startOf(calendar, next++))
  while (nextEnd <= end) nextEnd = instantOf(zone, startOf(calendar, next++))
  return [start * 1_000, end * 1_000, nextEnd * 1_000]
}

/** Which period a local time falls in, counted from 1970: hours, days, weeks or months. */
function periodOf(calendar: Calendar, local: number): number {
  const anchor = calendar.anchorDay ?? 1
  if (calendar.per === 'hour') return Math.floor(local / HOUR)
  const day = Math.floor(local / DAY)
  if (calendar.per === 'day') return day
  // 1970-01-01 was a Thursday, so Mondays are the days 4 + 7k.
  if (calendar.per === 'week') return Math.floor((day - 4 - (anchor - 1)) / 7)
  const date = new Date(local)
  const month = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
  return local < startOf(calendar, month) ? month - 1 : month
}

/** The local time at which a period starts, as if local time were UTC. */
function startOf(calendar: Calendar, index: number): number {
  const anchor = calendar.anchorDay ?? 1
  if (calendar.per === 'hour') return index * HOUR
  if (calendar.per === 'day') return index * DAY
  if (calendar.per === 'week') return (index * 7 + 4 + (anchor - 1)) * DAY
  const lastDay = new Date(Date.UTC(1970, index + 1, 0)).getUTCDate()
  return Date.UTC(1970, index, Math.min(anchor, lastDay))
}

/** The first instant at which the local clock shows `local` or, where that is skipped, more. */
function instantOf(zone: string, local: number): number {
  const candidates = [local - offsetAt(zone, local - DAY), local - offsetAt(zone, local + DAY)].sort(
    (a, b) => a - b,
  )
  for (const instant of candidates) if (instant + offsetAt(zone, instant) === local) return instant
  let [before = 0, after = 0] = candidates
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (middle + offsetAt(zone, middle) < local) before = middle
    else after = middle
  }
  return after
}

/** Local time minus UTC, in milliseconds. */
function offsetAt(zone: string, ms: number): number {
  if (zone === 'UTC') return 0
  const fields: Record<string, number> = {}
  for (const part of formatter(zone).formatToParts(ms)) fields[part.type] = Number(part.value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000
}

/** By small names, since a runtime takes them in any case: a limit from anywhere could else bring ever new ones. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string): Intl.DateTimeFormat {
  const name = zone.toLowerCase()
  let known = formatters.get(name)
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-u-hc-h23', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(name, known)
  }
  return known
}
