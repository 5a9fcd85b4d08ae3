import { addDays, dateIn, firstOfMonth, isDate } from './dates.ts'

/** From a date to the one before which it ends. */
export interface DateRange {
  readonly from: string
  readonly to: string
}

export const RANGES = [
  ['today', 'Today'],
  ['7days', '7 days'],
  ['30days', '30 days'],
  ['month', 'This month'],
  ['last-month', 'Last month'],
  ['custom', 'From … to …'],
] as const

/** The dates of a range that has a name. `first` and `last` are those of `custom`, the last one counted too. */
export function rangeOf(name: string, zone: string, now: number, first: string, last: string): DateRange {
  const today = dateIn(zone, now)
  const tomorrow = addDays(today, 1)
  switch (name) {
    case 'today':
      return { from: today, to: tomorrow }
    case '30days':
      return { from: addDays(today, -29), to: tomorrow }
    case 'month':
      return { from: firstOfMonth(today, 0), to: firstOfMonth(today, 1) }
    case 'last-month':
      return { from: firstOfMonth(today, -1), to: firstOfMonth(today, 0) }
    case 'custom':
      if (isDate(first) && isDate(last) && first <= last) return { from: first, to: addDays(last, 1) }
  }
  return { from: addDays(today, -6), to: tomorrow }
}
