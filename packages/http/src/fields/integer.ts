/** The largest integer of a structured field (RFC 9651, 3.3.1). */
export const MAX_INTEGER = 999_999_999_999_999

/** A count as a field can tell it: rounded down, at least 0; a larger one is told as the largest. */
export function wholeCount(value: number): number {
  return value >= MAX_INTEGER ? MAX_INTEGER : value > 0 ? Math.floor(value) : 0
}

/** Whole seconds, rounded up, so that nobody comes back too early. */
export function wholeSeconds(ms: number): number {
  return wholeCount(Math.ceil(ms / 1_000))
}
