import { addDays, firstOfMonth, startOf } from './dates.ts'
import type { UsagePeriod, UsageRow } from './types.ts'

/** A period, and what was counted in it. */
export interface UsageBar {
  readonly label: string
  readonly allowed: number
  readonly denied: number
}

interface Span {
  /** A date. */
  readonly from: string
  /** The first date that isn't counted. */
  readonly to: string
  readonly by: UsagePeriod
  readonly timeZone: string
}

interface ChartPeriod {
  readonly start: number
  readonly label: string
}

/** More bars than these are narrower than a pixel. */
const MAX_BARS = 1_000

/** All periods of a span, those in which nothing was counted too. */
export function periodsOf({ from, to, by, timeZone }: Span): ChartPeriod[] {
  const periods: ChartPeriod[] = []
  const end = startOf(to, timeZone)
  const add = (start: number, options: Intl.DateTimeFormatOptions): void => {
    periods.push({ start, label: new Intl.DateTimeFormat(undefined, { ...options, timeZone }).format(start) })
  }
  if (by === 'hour') {
    const isOneDay = addDays(from, 1) >= to
    const options: Intl.DateTimeFormatOptions = isOneDay
      ? { hour: '2-digit', minute: '2-digit' }
      : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }
    for (let at = startOf(from, timeZone); at < end && periods.length < MAX_BARS; at += 3_600_000)
      add(at, options)
  } else if (by === 'day') {
    for (let date = from; date < to && periods.length < MAX_BARS; date = addDays(date, 1))
      add(startOf(date, timeZone), { day: 'numeric', month: 'short' })
  } else if (by === 'month') {
    for (let date = from; date < to && periods.length < MAX_BARS; date = firstOfMonth(date, 1))
      add(startOf(date, timeZone), { month: 'short', year: 'numeric' })
  } else periods.push({ start: startOf(from, timeZone), label: 'in all' })
  return periods
}

/** What was counted in each period, whatever else rows are told apart by. */
export function barsOf(
  periods: readonly ChartPeriod[],
  rows: readonly UsageRow[],
  what: 'requests' | 'units',
): UsageBar[] {
  const sums = new Map(periods.map(({ start, label }) => [start, { label, allowed: 0, denied: 0 }]))
  for (const row of rows) {
    const sum = sums.get(Date.parse(row.start))
    if (sum === undefined) continue
    sum.allowed += row[what]
    sum.denied += what === 'requests' ? row.denied : row.deniedUnits
  }
  return [...sums.values()]
}
