/** Dates of the calendar as `2026-03-01`, and where they begin in a time zone. */

const DAY = 86_400_000
const HOUR = 3_600_000

export const ownZone: string = new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

export function isZone(name: string): boolean {
  try {
    return name !== '' && clockOf(name) !== undefined
  } catch {
    return false
  }
}

/** Today's date by the clocks of a zone. */
export function dateIn(zone: string, ms: number): string {
  return new Date(ms + offsetOf(zone, ms)).toISOString().slice(0, 10)
}

/** Which hour the clocks of a zone show, counted from the first of 1970. */
export function hourIn(zone: string, ms: number): number {
  return Math.floor((ms + offsetOf(zone, ms)) / HOUR)
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10)
}

/** The first of the month that many months later. */
export function firstOfMonth(date: string, months: number): string {
  const [year = 1970, month = 1] = date.split('-').map(Number)
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10)
}

export function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
}

/** The first moment of a date. */
export function startOf(date: string, zone: string): number {
  const midnight = Date.parse(date)
  // By the clocks of the day before. Where they are put forward at midnight, so that there is none, it is the moment at which that
  // is done; where they are changed earlier, it lies within a date, and those of the day after count.
  const first = midnight - offsetOf(zone, midnight - DAY)
  const isFirst = dateIn(zone, first) === date && dateIn(zone, first - 1) !== date
  return isFirst ? first : midnight - offsetOf(zone, midnight + DAY)
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Kept, since making one takes longer than all that is asked of it. */
function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  clocks.set(zone, made)
  return made
}

function offsetOf(zone: string, ms: number): number {
  const parts = clockOf(zone).formatToParts(ms)
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value)
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return local - Math.floor(ms / 1_000) * 1_000
}
