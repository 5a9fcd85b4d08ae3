import type { Micros } from '@headgate/core'
import {
  byteAt,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DASH,
  DOT,
  digitsEnd,
  LOWER_T,
  LOWER_Z,
  OPEN_BRACKET,
  PLUS,
  SLASH,
  SPACE,
  ZERO,
} from './bytes.ts'

/** What a bare number counts. */
export type TimeUnit = 's' | 'ms' | 'us'

/** Reads event times. It remembers the last date, since neighbours in a log share it. */
export interface TimeReader {
  /** The time written in `bytes` from `from` to `to`, in whole µs since 1970, cut off below; or -1. */
  read(bytes: Buffer, from: number, to: number): Micros
  /** How bare numbers are taken; undefined until there was one. */
  readonly numbers: TimeUnit | undefined
  /** Whether the numbers are too small for dates, and so count from the start of the log. */
  readonly relative: boolean
}

/** The last year that is taken for a time; stores count to 2^53 µs, which is in 2255. */
const LAST_YEAR = 2199
const END: Micros = Date.UTC(LAST_YEAR + 1, 0, 1) * 1_000
/** Numbers that would be dates before March 1973 are taken to count from the start of the log. */
const DATES_FROM: Micros = 1e14
const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/**
 * Bare numbers are told apart by the size of the first one, once for the whole log: below 10^8 they are milliseconds from
 * the start of the log, below 10^11 Unix seconds, below 10^14 milliseconds, above microseconds. `unit` says it instead.
 */
export function createTimeReader(unit?: TimeUnit): TimeReader {
  let numbers = unit
  let relative: boolean | undefined
  let date = 0
  let midnight = 0

  /** The start of a day, in µs; -1 for a day that the calendar doesn't have. */
  const dayStart = (year: number, month: number, day: number): Micros => {
    if (!(year >= 1970 && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return -1
    const asked = (year * 16 + month) * 32 + day
    if (asked === date) return midnight
    const ms = Date.UTC(year, month - 1, day)
    if (new Date(ms).getUTCDate() !== day) return -1
    date = asked
    midnight = ms * 1_000
    return midnight
  }

  /** `YYYY-MM-DD`, then `T` or a space and a time of day, then a zone; UTC without one. */
  const readIso = (bytes: Buffer, from: number, to: number): Micros => {
    const start = dayStart(
      two(bytes, from, to) * 100 + two(bytes, from + 2, to),
      two(bytes, from + 5, to),
      two(bytes, from + 8, to),
    )
    if (start < 0 || byteAt(bytes, from + 7) !== DASH) return -1
    if (to === from + 10) return start
    const separator = byteAt(bytes, from + 10) | 0x20
    return separator === SPACE || separator === LOWER_T ? withTimeOfDay(bytes, from + 11, to, start) : -1
  }

  /** `17/May/2015:10:05:03 +0000`, with or without its brackets. */
  const readCommon = (bytes: Buffer, from: number, to: number): Micros => {
    const start = dayStart(
      two(bytes, from + 7, to) * 100 + two(bytes, from + 9, to),
      monthAt(bytes, from + 3),
      two(bytes, from, to),
    )
    if (start < 0 || byteAt(bytes, from + 6) !== SLASH || byteAt(bytes, from + 11) !== COLON) return -1
    return withTimeOfDay(bytes, from + 12, to, start)
  }

  const readNumber = (bytes: Buffer, from: number, to: number): Micros => {
    let at = from
    let whole = 0
    for (; at < to; at++) {
      const digit = byteAt(bytes, at) - ZERO
      if (digit < 0 || digit > 9) break
      whole = whole * 10 + digit
    }
    if (at === from || at - from > 16) return -1
    numbers ??= whole < 1e8 ? 'ms' : whole < 1e11 ? 's' : whole < 1e14 ? 'ms' : 'us'
    const scale = numbers === 's' ? SECOND : numbers === 'ms' ? 1_000 : 1
    relative ??= whole * scale < DATES_FROM
    const fraction = at < to ? fractionAt(bytes, at, to) : 0
    return fraction < 0 ? -1 : whole * scale + Math.floor((fraction * scale) / SECOND)
  }

  return {
    get numbers() {
      return numbers
    },
    get relative() {
      return relative ?? false
    },
    read(bytes, from, to) {
      let start = from
      let end = to
      while (start < end && byteAt(bytes, start) <= SPACE) start++
      while (start < end && byteAt(bytes, end - 1) <= SPACE) end--
      if (byteAt(bytes, start) === OPEN_BRACKET && byteAt(bytes, end - 1) === CLOSE_BRACKET) {
        start++
        end--
      }
      const time =
        end - start >= 10 && byteAt(bytes, start + 4) === DASH
          ? readIso(bytes, start, end)
          : end - start >= 17 && byteAt(bytes, start + 2) === SLASH
            ? readCommon(bytes, start, end)
            : readNumber(bytes, start, end)
      return time >= 0 && time < END ? time : -1
    },
  }
}

/** Adds `HH:MM[:SS[.f…]]` and a zone to the start of a day. */
function withTimeOfDay(bytes: Buffer, from: number, to: number, start: Micros): Micros {
  const hour = two(bytes, from, to)
  const minute = two(bytes, from + 3, to)
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60) || byteAt(bytes, from + 2) !== COLON) return -1
  let time = start + hour * HOUR + minute * MINUTE
  let at = from + 5
  if (at < to && byteAt(bytes, at) === COLON) {
    const second = two(bytes, at + 1, to)
    // 60 is a leap second, which runs into the next minute.
    if (!(second >= 0 && second <= 60)) return -1
    time += second * SECOND
    at += 3
    const sign = at < to ? byteAt(bytes, at) : 0
    if (sign === DOT || sign === COMMA) {
      const end = digitsEnd(bytes, at + 1, to)
      const fraction = fractionAt(bytes, at, end)
      if (fraction < 0) return -1
      time += fraction
      at = end
    }
  }
  const offset = zoneAt(bytes, at, to)
  return Number.isNaN(offset) ? -1 : time - offset
}

/** The microseconds of `.f…`; digits after the sixth are cut off. */
function fractionAt(bytes: Buffer, from: number, to: number): number {
  const sign = byteAt(bytes, from)
  if ((sign !== DOT && sign !== COMMA) || to === from + 1) return -1
  let micros = 0
  let place = 100_000
  for (let at = from + 1; at < to; at++) {
    const digit = byteAt(bytes, at) - ZERO
    if (digit < 0 || digit > 9) return -1
    micros += digit * place
    place = place > 1 ? place / 10 : 0
  }
  return micros
}

/** What a zone is ahead of UTC, in µs: nothing, `Z`, `+hh`, `+hhmm` or `+hh:mm`; NaN for anything else. */
function zoneAt(bytes: Buffer, from: number, to: number): Micros {
  let at = from
  while (at < to && byteAt(bytes, at) === SPACE) at++
  if (at === to || (at === to - 1 && (byteAt(bytes, at) | 0x20) === LOWER_Z)) return 0
  const sign = byteAt(bytes, at)
  if (sign !== PLUS && sign !== DASH) return Number.NaN
  const hours = two(bytes, at + 1, to)
  let minutes = 0
  if (to > at + 3) {
    const first = byteAt(bytes, at + 3) === COLON ? at + 4 : at + 3
    minutes = two(bytes, first, to)
    if (first + 2 !== to) return Number.NaN
  }
  if (!(hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60)) return Number.NaN
  return (sign === PLUS ? 1 : -1) * (hours * HOUR + minutes * MINUTE)
}

/** What isn't a number of two digits: far enough below zero that no sum with it passes for one. */
const NONE = -100_000

/** Two digits; {@link NONE} if they aren't. */
function two(bytes: Buffer, at: number, to: number): number {
  if (at + 2 > to) return NONE
  const tens = byteAt(bytes, at) - ZERO
  const ones = byteAt(bytes, at + 1) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NONE
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map(
  (name) => letters(Buffer.from(name), 0),
)

/** The month whose three letters stand at `at`; 0 if none. */
function monthAt(bytes: Buffer, at: number): number {
  return MONTHS.indexOf(letters(bytes, at)) + 1
}

function letters(bytes: Buffer, at: number): number {
  const lower = (i: number) => byteAt(bytes, i) | 0x20
  return (lower(at) << 16) | (lower(at + 1) << 8) | lower(at + 2)
}
