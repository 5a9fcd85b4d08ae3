import { addDays, firstOfMonth, hourIn, startOf } from './dates.ts'
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

/** The service counts by no more periods than these. */
const MAX_BARS = 3_000

/** All periods of a span, those in which nothing was counted too. */
export function periodsOf({ from, to, by, timeZone }: Span): ChartPeriod[] {
  const periods: ChartPeriod[] = []
  const end = startOf(to, timeZone)
  const labelled = (options: Intl.DateTimeFormatOptions): ((start: number) => void) => {
    const format = new Intl.DateTimeFormat(undefined, { ...options, timeZone })
    return (start) => void periods.push({ start, label: format.format(start) })
  }
  if (by === 'hour') {
    const isOneDay = addDays(from, 1) >= to
    const options: Intl.DateTimeFormatOptions = isOneDay
      ? { hour: '2-digit', minute: '2-digit' }
      : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }
    const add = labelled(options)
    let shown: number | undefined
    for (let at = startOf(from, timeZone); at < end && periods.length < MAX_BARS; at += 3_600_000) {
      const hour = hourIn(timeZone, at)
      // One that clocks show twice is one to the ledger.
      if (hour !== shown) add(at)
      shown = hour
    }
  } else if (by === 'day') {
    const add = labelled({ day: 'numeric', month: 'short' })
    for (let date = from; date < to && periods.length < MAX_BARS; date = addDays(date, 1))
      add(startOf(date, timeZone))
  } else if (by === 'month') {
    const add = labelled({ month: 'short', year: 'numeric' })
    for (let date = from; date < to && periods.length < MAX_BARS; date = firstOfMonth(date, 1))
      add(startOf(date, timeZone))
  } else periods.push({ start: startOf(from, timeZone), label: 'in all' })
  return periods
}

/**
 * What was counted in each period, whatever else rows are told apart by. A row belongs to the last period that has begun by then, so
 * that none is lost where clocks are changed by less than an hour.
 */
export function barsOf(
  periods: readonly ChartPeriod[],
  rows: readonly UsageRow[],
  what: 'requests' | 'units',
): UsageBar[] {
  const bars = periods.map(({ label }) => ({ label, allowed: 0, denied: 0 }))
  for (const row of rows) {
    const bar = bars[lastBegun(periods, Date.parse(row.start))]
    if (bar === undefined) continue
    bar.allowed += row[what]
    bar.denied += what === 'requests' ? row.denied : row.deniedUnits
  }
  return bars
}

function lastBegun(periods: readonly ChartPeriod[], at: number): number {
  let [low, high] = [0, periods.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((periods[middle]?.start ?? 0) <= at) low = middle
    else high = middle
  }
  return low
}
