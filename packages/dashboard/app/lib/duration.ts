const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const NAMES = { ms: 'millisecond', s: 'second', m: 'minute', h: 'hour', d: 'day' } as const
type Unit = keyof typeof UNITS

/** Also of what somebody typed; undefined for what is none. */
export function toMs(duration: number | string): number | undefined {
  if (typeof duration === 'number') return duration
  const match = /^(\d{1,16})(ms|s|m|h|d)$/.exec(duration)
  return match ? Number(match[1]) * UNITS[match[2] as Unit] : undefined
}

/** `"1m"` as `minute`, `"10s"` as `10 s`: what comes after "per". */
export function perText(duration: number | string): string {
  const ms = toMs(duration)
  if (ms === undefined) return String(duration)
  const unit = (['d', 'h', 'm', 's', 'ms'] as const).find((unit) => ms % UNITS[unit] === 0) ?? 'ms'
  const count = ms / UNITS[unit]
  return count === 1 ? NAMES[unit] : `${count.toLocaleString()} ${unit === 'm' ? 'min' : unit}`
}
