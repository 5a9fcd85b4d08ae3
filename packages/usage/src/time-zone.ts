import { invalidOption, type Micros } from '@headgate/core'

const formatters = new Map<string, Intl.DateTimeFormat>()

/**
 * A time zone by its one name: any other writing of it would be kept apart, by whoever asks with ever new ones.
 *
 * @throws HeadgateError `INVALID_OPTION` for a name that the runtime doesn't know
 */
export function zoneOf(timeZone: unknown): string {
  try {
    if (typeof timeZone === 'string')
      return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch {
    // A RangeError of Intl says less than ours.
  }
  const fix = 'Use an IANA name such as "UTC" or "Europe/Berlin"'
  throw invalidOption('timeZone', timeZone, 'a time zone that this runtime knows', fix)
}

/** A time as ISO 8601 has it, local and with the offset from UTC: `"2026-03-29T00:00:00+01:00"`. */
export function isoTime(at: Micros, timeZone: string): string {
  const offset = offsetOf(at, timeZone)
  const local = new Date(at / 1_000 + offset * 60_000).toISOString().slice(0, 19)
  const minutes = Math.abs(offset)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** Local time minus UTC, in minutes, of which there are whole ones since 1972. */
function offsetOf(at: Micros, timeZone: string): number {
  const parts = formatterOf(timeZone).formatToParts(at / 1_000)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let known = formatters.get(timeZone)
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    formatters.set(timeZone, known)
  }
  return known
}
