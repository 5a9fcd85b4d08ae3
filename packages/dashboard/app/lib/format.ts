const whole = new Intl.NumberFormat()
const tenth = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
const share = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

export const showCount = (value: number): string => whole.format(value)
export const showRate = (value: number): string => tenth.format(value)
export const showCompact = (value: number): string => compact.format(value)
export const showMoment = (ms: number): string => moment.format(ms)
export const showMinute = (ms: number): string => minute.format(ms)
export const showClock = (ms: number): string => clock.format(ms)

/** `–` where there is nothing to have a share of. */
export function showShare(part: number, all: number): string {
  return all === 0 ? '–' : share.format(part / all)
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${showCount(count)} ${count === 1 ? one : many}`
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

const spans = Object.fromEntries(
  UNITS.map(([, unit]) => [
    unit,
    new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'short' }),
  ]),
)

/** A span of time in its two largest units: `2 hr 5 min`. Never shorter than it is. */
export function showSpan(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  const at = Math.max(
    0,
    UNITS.findIndex(([size]) => seconds >= size),
  )
  if (seconds === 0) return 'now'
  let rest = seconds
  return UNITS.slice(at, at + 2)
    .map(([size, unit]) => {
      const count = Math.floor(rest / size)
      rest -= count * size
      return count === 0 ? '' : (spans[unit]?.format(count) ?? '')
    })
    .filter((part) => part !== '')
    .join(' ')
}

/** When something will be: by the clock today, and with its date later. */
export function showWhen(ms: number, now: number): string {
  const isSoon = ms - now < 12 * 3_600_000
  return isSoon ? showClock(ms) : showMinute(ms)
}
