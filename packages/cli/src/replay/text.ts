import type { Micros } from '@headgate/core'

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** A share in percent, with one decimal; what isn't quite nothing or all is never shown as such. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '–'
  const percent = (part / whole) * 100
  if (part > 0 && percent < 0.05) return '<0.1%'
  if (part < whole && percent >= 99.95) return '>99.9%'
  return `${percent.toFixed(1)}%`
}

const UNITS = [
  [86_400_000_000, 'd'],
  [3_600_000_000, 'h'],
  [60_000_000, 'm'],
  [1_000_000, 's'],
] as const

/** A span of time in its two largest units, such as `3d 11h`. */
export function span(micros: Micros): string {
  if (micros < 1_000_000) return `${(micros / 1_000).toLocaleString('en-US')}ms`
  const at = UNITS.findIndex(([size]) => micros >= size)
  const [size, unit] = UNITS[at] as (typeof UNITS)[number]
  const next = UNITS[at + 1]
  const whole = Math.floor(micros / size)
  if (next === undefined) return `${Number((micros / size).toFixed(1))}${unit}`
  const rest = Math.floor((micros % size) / next[0])
  return `${count(whole)}${unit}${rest > 0 ? ` ${rest}${next[1]}` : ''}`
}

/** A time in UTC, to the microsecond. */
export function isoTime(micros: Micros): string {
  const second = new Date(Math.floor(micros / 1_000)).toISOString().slice(0, 19)
  return `${second}.${String(micros % 1_000_000).padStart(6, '0')}Z`
}

/** A time for people: UTC, to the second. A relative one is how long after the start it is. */
export function clockTime(micros: Micros, relative: boolean): string {
  if (relative) return `+${span(micros)}`
  return isoTime(micros).slice(0, 19).replace('T', ' ')
}
