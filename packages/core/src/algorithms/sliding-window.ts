import { HeadgateError } from '../errors.ts'
import { alignedStart, type Micros } from '../micros.ts'
import { type Algorithm, MAX_LEAD, MAX_LEVEL } from './algorithm.ts'

/** Cells: `start` of the window in µs, the `current` count and the `previous` one. */
export interface SlidingWindowUnits {
  readonly algorithm: 'sliding-window'
  readonly units: string
  /** Microseconds of a window. */
  readonly length: Micros
  /** Microseconds of a tick, in which the overlap is measured. */
  readonly tick: Micros
}

/** Two counters: what the previous window counts for shrinks with its overlap. */
export interface SlidingWindowRule extends SlidingWindowUnits {
  readonly limit: number
}

const TICKS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
const MAX_PRODUCT = 2 ** 52

/** The first tick at which limit × window is a whole number that every store can multiply. */
export function compileSlidingWindow(limit: number, length: Micros): SlidingWindowRule {
  for (const tick of TICKS) {
    if (length % tick !== 0 || limit * (length / tick) > MAX_PRODUCT) continue
    return { algorithm: 'sliding-window', units: `sliding-window:${length}:${tick}`, length, tick, limit }
  }
  throw new HeadgateError({
    code: 'NOT_EXACT',
    option: 'limit',
    value: limit,
    message: `${limit} in a sliding window of ${length / 1_000} ms can't be weighed in whole numbers below 2^53`,
    fix: 'Lower the limit, shorten the window, or make it whole seconds',
  })
}

function timeAt(start: Micros, now: Micros): Micros {
  return start > now && start - now <= MAX_LEAD ? start : now
}

/** How many windows have begun since the stored one: 0, 1, or more; a stored one that was rebased counts as 0. */
function windowsSince(units: SlidingWindowUnits, start: Micros, time: Micros): number {
  return start > time ? 0 : (alignedStart(time, units.length) - start) / units.length
}

function currentAt(units: SlidingWindowUnits, cells: ArrayLike<number>, at: number, time: Micros): number {
  return windowsSince(units, cells[at] ?? 0, time) === 0 ? (cells[at + 1] ?? 0) : 0
}

function previousAt(units: SlidingWindowUnits, cells: ArrayLike<number>, at: number, time: Micros): number {
  const since = windowsSince(units, cells[at] ?? 0, time)
  return since === 0 ? (cells[at + 2] ?? 0) : since === 1 ? (cells[at + 1] ?? 0) : 0
}

/** Ticks of the previous window that still overlap the sliding one. */
function overlapAt(units: SlidingWindowUnits, time: Micros): number {
  return units.length / units.tick - Math.floor((time - alignedStart(time, units.length)) / units.tick)
}

/** @see {@link SlidingWindowRule} */
export const slidingWindow: Algorithm<SlidingWindowUnits, SlidingWindowRule> = {
  width: 3,

  fits(rule, cells, at, now, cost) {
    const time = timeAt(cells[at] ?? 0, now)
    const ticks = rule.length / rule.tick
    const weighed = previousAt(rule, cells, at, time) * overlapAt(rule, time)
    return weighed + (currentAt(rule, cells, at, time) + cost) * ticks <= rule.limit * ticks
  },

  take(rule, cells, at, now, cost, ifFits) {
    if (ifFits && !slidingWindow.fits(rule, cells, at, now, cost)) return false
    const time = timeAt(cells[at] ?? 0, now)
    const current = currentAt(rule, cells, at, time)
    const previous = previousAt(rule, cells, at, time)
    cells[at] = alignedStart(time, rule.length)
    cells[at + 1] = Math.min(current + cost, MAX_LEVEL)
    cells[at + 2] = previous
    return true
  },

  giveBack(rule, cells, at, now, units, receipt) {
    slidingWindow.take(rule, cells, at, now, 0)
    const since = ((cells[at] ?? 0) - (receipt[0] ?? 0)) / rule.length
    const counter = since === 0 ? at + 1 : since === 1 ? at + 2 : -1
    if (counter >= 0) cells[counter] = Math.max(0, (cells[counter] ?? 0) - units)
  },

  isAstray: (_rule, cells, at, now) => (cells[at] ?? 0) - now > MAX_LEAD,

  receipt: (cells) => Array.from(cells),

  remaining(rule, cells, at, now) {
    const time = timeAt(cells[at] ?? 0, now)
    const ticks = rule.length / rule.tick
    const room = rule.limit * ticks - previousAt(rule, cells, at, time) * overlapAt(rule, time)
    return Math.max(0, Math.floor(room / ticks) - currentAt(rule, cells, at, time))
  },

  // The previous window's weight falls by one tick a tick: first in this window, then, with what is current as the
  // previous one, in the next.
  fitsAt(rule, cells, at, now, cost) {
    if (cost > rule.limit) return null
    const time = timeAt(cells[at] ?? 0, now)
    const start = alignedStart(time, rule.length)
    const ticks = rule.length / rule.tick
    const current = currentAt(rule, cells, at, time)
    const previous = previousAt(rule, cells, at, time)
    const room = (rule.limit - current - cost) * ticks
    if (room >= 0) {
      const overlap = previous === 0 ? ticks : Math.min(ticks, Math.floor(room / previous))
      if (overlap >= overlapAt(rule, time)) return now
      return start + (ticks - overlap) * rule.tick
    }
    const overlap = Math.min(ticks, Math.floor(((rule.limit - cost) * ticks) / current))
    return start + rule.length + (ticks - overlap) * rule.tick
  },

  runsAt: (_rule, _cells, _at, now) => now,

  emptyAt(units, cells, at) {
    const start = cells[at] ?? 0
    if ((cells[at + 1] ?? 0) > 0) return start + 2 * units.length
    return (cells[at + 2] ?? 0) > 0 ? start + units.length : start
  },

  latest: (_units, cells, at) => cells[at] ?? 0,

  used(units, cells, at, now) {
    const time = timeAt(cells[at] ?? 0, now)
    const weighed = previousAt(units, cells, at, time) * overlapAt(units, time)
    return Math.ceil(weighed / (units.length / units.tick)) + currentAt(units, cells, at, time)
  },

  start: (rule, now, used) => [alignedStart(now, rule.length), used, 0],
}
