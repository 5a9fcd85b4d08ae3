/** Dates of the calendar as `2026-03-01`, and where they begin in a time zone. */

const DAY = 86_400_000

export const ownZone: string = new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return name !== ''
  } catch {
    return false
  }
}

/** Today's date by the clocks of a zone. */
export function dateIn(zone: string, ms: number): string {
  return new Date(ms + offsetOf(zone, ms)).toISOString().slice(0, 10)
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
  const first = midnight - offsetOf(zone, midnight)
  // Where clocks are changed between the two, the offset at the moment itself counts.
  return midnight - offsetOf(zone, first)
}

function offsetOf(zone: string, ms: number): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms)
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
