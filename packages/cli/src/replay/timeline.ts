import type { Micros } from '@headgate/core'

const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Widths of a bucket; each is a multiple of the one before, so that buckets can be joined. */
const WIDTHS: readonly Micros[] = [
  1_000,
  10_000,
  100_000,
  SECOND,
  5 * SECOND,
  15 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  7 * DAY,
  28 * DAY,
  364 * DAY,
  3_640 * DAY,
  36_400 * DAY,
]

/** Requests and denials in equal parts of the time, from `start` on. */
export interface Timeline {
  readonly start: Micros
  /** Microseconds of a part. */
  readonly width: Micros
  readonly requests: readonly number[]
  /** By policy. */
  readonly denied: readonly (readonly number[])[]
}

/** Gathers a timeline while it isn't known how long it will be. Times must not go back. */
export interface TimelineBuilder {
  request(at: Micros): void
  /** A denial of the last request. */
  deny(policy: number): void
  build(): Timeline
}

/** The timeline's buckets grow whenever there would be more than `max`. */
export function createTimeline(policies: number, max = 240): TimelineBuilder {
  let level = 0
  let first = 0
  let requests: number[] = []
  let denied: number[][] = Array.from({ length: policies }, () => [])
  let current = -1
  let from = 0
  let to = 0
  const widthAt = (at: number): Micros => WIDTHS[at] as Micros

  const coarsen = (index: number): number => {
    let next = index
    while (next - first >= max && level < WIDTHS.length - 1) {
      const factor = widthAt(level + 1) / widthAt(level)
      const start = Math.floor(first / factor)
      const offset = first - start * factor
      requests = joined(requests, factor, offset)
      denied = denied.map((counts) => joined(counts, factor, offset))
      level++
      first = start
      next = Math.floor(next / factor)
    }
    return next
  }

  return {
    request(at) {
      if (at < from || at >= to) {
        let index = Math.floor(at / widthAt(level))
        if (current < 0) first = index
        index = coarsen(index)
        current = index - first
        while (requests.length <= current) {
          requests.push(0)
          for (const counts of denied) counts.push(0)
        }
        from = index * widthAt(level)
        to = from + widthAt(level)
      }
      requests[current] = (requests[current] as number) + 1
    },
    deny(policy) {
      const counts = denied[policy] as number[]
      counts[current] = (counts[current] as number) + 1
    },
    build: () => ({ start: first * widthAt(level), width: widthAt(level), requests, denied }),
  }
}

/** Widths that read well. Not each is a multiple of all before it; those that aren't of the timeline's are passed over. */
const READABLE: readonly Micros[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((ms) => ms * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364, 728, 3_640, 36_400].map((days) => days * DAY),
]

/** The same timeline in at most `max` parts, if it can be. */
export function coarser(timeline: Timeline, max: number): Timeline {
  const { start, width, requests, denied } = timeline
  const partsOf = (wider: Micros) => Math.ceil((requests.length * width + (start % wider)) / wider)
  const fit = READABLE.filter((wider) => wider % width === 0)
  const wider = fit.find((candidate) => partsOf(candidate) <= max) ?? fit.at(-1) ?? width
  const factor = wider / width
  const offset = (start % wider) / width
  return {
    start: start - (start % wider),
    width: wider,
    requests: joined(requests, factor, offset),
    denied: denied.map((counts) => joined(counts, factor, offset)),
  }
}

/** Joins `factor` counts into one; the first joined one lacks `offset` of them. */
function joined(counts: readonly number[], factor: number, offset: number): number[] {
  const out = new Array<number>(Math.ceil((counts.length + offset) / factor)).fill(0)
  counts.forEach((count, i) => {
    const at = Math.floor((i + offset) / factor)
    out[at] = (out[at] as number) + count
  })
  return out
}
