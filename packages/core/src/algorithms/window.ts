import { alignedStart, type Micros } from '../micros.ts'
import { type Algorithm, MAX_LEAD, MAX_LEVEL } from './algorithm.ts'

/** Cells: `start` and `end` of the window, and `count`. A state tells its own window, so any window rule can read it. */
export interface WindowUnits {
  readonly algorithm: 'window'
  readonly units: 'window'
}

/** Fixed windows and calendar quotas: a count that starts anew with each window. */
export interface WindowRule extends WindowUnits {
  readonly limit: number
  /** Microseconds of a window aligned to the epoch; 0 for a calendar, whose bounds follow. */
  readonly length: Micros
  /** A calendar's window at the time of the call, and the end of the one after it: the store's clock picks. */
  readonly start: Micros
  readonly end: Micros
  readonly nextEnd: Micros
}

const units = { algorithm: 'window', units: 'window' } as const

/** Windows of `length` µs aligned to the epoch. */
export function compileWindow(limit: number, length: Micros): WindowRule {
  return { ...units, limit, length, start: 0, end: 0, nextEnd: 0 }
}

/** A calendar's windows around now. */
export function compileCalendar(
  limit: number,
  bounds: readonly [start: Micros, end: Micros, nextEnd: Micros],
): WindowRule {
  return { ...units, limit, length: 0, start: bounds[0], end: bounds[1], nextEnd: bounds[2] }
}

function startAt(rule: WindowRule, time: Micros): Micros {
  if (rule.length > 0) return alignedStart(time, rule.length)
  return time < rule.end ? rule.start : rule.end
}

function endAt(rule: WindowRule, start: Micros): Micros {
  if (rule.length > 0) return start + rule.length
  return start < rule.end ? rule.end : rule.nextEnd
}

/** The window never goes back: a lagging clock counts in the newer one, unless that is so far ahead that the clock was set. */
function timeAt(start: Micros, now: Micros): Micros {
  return start > now && start - now <= MAX_LEAD ? start : now
}

/**
 * What counts at `time`: the count of the same window, or of one that a former configuration drew and that isn't over.
 * (The first condition stands by itself: a server may be past the last window that its client knew of.)
 */
function countAt(rule: WindowRule, cells: ArrayLike<number>, at: number, time: Micros): number {
  const end = cells[at + 1] ?? 0
  if (end > time) return cells[at + 2] ?? 0
  // Windows of a fixed length never end before their time.
  if (rule.length > 0) return 0
  const start = startAt(rule, time)
  return cells[at] === start && end === endAt(rule, start) ? (cells[at + 2] ?? 0) : 0
}

/** @see {@link WindowRule} */
export const window: Algorithm<WindowUnits, WindowRule> = {
  width: 3,

  fits(rule, cells, at, now, cost) {
    return countAt(rule, cells, at, timeAt(cells[at] ?? 0, now)) + cost <= rule.limit
  },

  take(rule, cells, at, now, cost, ifFits) {
    const time = timeAt(cells[at] ?? 0, now)
    const count = countAt(rule, cells, at, time) + cost
    if (ifFits && count > rule.limit) return false
    const start = startAt(rule, time)
    cells[at] = start
    cells[at + 1] = endAt(rule, start)
    cells[at + 2] = Math.min(count, MAX_LEVEL)
    return true
  },

  giveBack(rule, cells, at, now, units, receipt) {
    const time = timeAt(cells[at] ?? 0, now)
    const sameWindow = cells[at] === receipt[0] && cells[at + 1] === receipt[1]
    if (sameWindow && (cells[at + 1] ?? 0) > time)
      cells[at + 2] = Math.max(0, countAt(rule, cells, at, time) - units)
  },

  isAstray(rule, cells, at, now) {
    const time = timeAt(cells[at] ?? 0, now)
    const start = startAt(rule, time)
    return (cells[at + 1] ?? 0) > time && (cells[at] !== start || cells[at + 1] !== endAt(rule, start))
  },

  receipt: (cells) => Array.from(cells),

  remaining(rule, cells, at, now) {
    return Math.max(0, rule.limit - countAt(rule, cells, at, timeAt(cells[at] ?? 0, now)))
  },

  fitsAt(rule, cells, at, now, cost) {
    if (cost > rule.limit) return null
    const time = timeAt(cells[at] ?? 0, now)
    const fits = countAt(rule, cells, at, time) + cost <= rule.limit
    return fits ? now : Math.max(now, endAt(rule, startAt(rule, time)))
  },

  runsAt: (_rule, _cells, _at, now) => now,

  emptyAt: (_units, cells, at) => ((cells[at + 2] ?? 0) > 0 ? (cells[at + 1] ?? 0) : (cells[at] ?? 0)),

  latest: (_units, cells, at) => cells[at] ?? 0,

  used(_units, cells, at, now) {
    return (cells[at + 1] ?? 0) > timeAt(cells[at] ?? 0, now) ? (cells[at + 2] ?? 0) : 0
  },

  start(rule, now, used) {
    const start = startAt(rule, now)
    return [start, endAt(rule, start), used]
  },
}
