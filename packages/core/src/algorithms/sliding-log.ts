import type { Micros } from '../micros.ts'
import { type Algorithm, MAX_LEAD, MAX_LEVEL } from './algorithm.ts'

/** Cells: a time in µs and a cost for each charge, oldest first; charges of the same microsecond share an entry. */
export interface SlidingLogUnits {
  readonly algorithm: 'sliding-log'
  readonly units: string
  /** Microseconds of the window. */
  readonly length: Micros
}

/** Exact: at most `limit` in any window. */
export interface SlidingLogRule extends SlidingLogUnits {
  readonly limit: number
  /** Whether charges are given back when the work is over for which they were made: then the log says what is under way. */
  readonly held?: true
}

export function compileSlidingLog(limit: number, length: Micros): SlidingLogRule {
  return { algorithm: 'sliding-log', units: `sliding-log:${length}`, length, limit }
}

/** The time that counts, never behind the newest entry; where that is far ahead, the clock was set back. */
function timeAt(cells: ArrayLike<number>, now: Micros): Micros {
  const newest = cells[cells.length - 2] ?? 0
  return newest > now && newest - now <= MAX_LEAD ? newest : now
}

/** The index of the oldest entry that still counts at `time`. */
function firstLive(units: SlidingLogUnits, cells: ArrayLike<number>, time: Micros): number {
  let i = 0
  while (i < cells.length && (cells[i] ?? 0) <= time - units.length) i += 2
  return i
}

function sumFrom(cells: ArrayLike<number>, first: number): number {
  let sum = 0
  for (let i = first + 1; i < cells.length; i += 2) sum += cells[i] ?? 0
  return sum
}

function usedAt(units: SlidingLogUnits, cells: ArrayLike<number>, time: Micros): number {
  return sumFrom(cells, firstLive(units, cells, time))
}

/** Drops what is over, and pulls times that lie ahead of `time` (the clock was set back) to it, as one entry. */
function settle(rule: SlidingLogRule, cells: number[], time: Micros): void {
  const dead = firstLive(rule, cells, time)
  if (dead > 0) cells.splice(0, dead)
  let ahead = 0
  while (cells.length > 0 && (cells[cells.length - 2] ?? 0) > time) {
    ahead = Math.min(ahead + (cells.splice(-2)[1] ?? 0), MAX_LEVEL)
  }
  if (ahead > 0) append(cells, time, ahead)
}

function append(cells: number[], time: Micros, cost: number): void {
  const last = cells.length - 1
  if (cells[last - 1] === time) cells[last] = Math.min((cells[last] ?? 0) + cost, MAX_LEVEL)
  else if (cost > 0) cells.push(time, cost)
}

/** @see {@link SlidingLogRule} */
export const slidingLog: Algorithm<SlidingLogUnits, SlidingLogRule> = {
  width: 0,

  fits(rule, cells, _at, now, cost) {
    return usedAt(rule, cells, timeAt(cells, now)) + cost <= rule.limit
  },

  take(rule, cells, at, now, cost, ifFits) {
    if (ifFits && !slidingLog.fits(rule, cells, at, now, cost)) return false
    const time = timeAt(cells, now)
    settle(rule, cells as number[], time)
    append(cells as number[], time, cost)
    return true
  },

  giveBack(rule, cells, _at, now, units, receipt) {
    settle(rule, cells as number[], timeAt(cells, now))
    for (let i = 0; i < cells.length; i += 2) {
      if (cells[i] !== receipt[0]) continue
      const left = (cells[i + 1] ?? 0) - units
      if (left > 0) cells[i + 1] = left
      else (cells as number[]).splice(i, 2)
    }
  },

  isAstray: (_rule, cells, _at, now) => (cells[cells.length - 2] ?? 0) - now > MAX_LEAD,

  receipt: (cells) => Array.from(cells).slice(-2),

  remaining(rule, cells, _at, now) {
    return Math.max(0, rule.limit - usedAt(rule, cells, timeAt(cells, now)))
  },

  fitsAt(rule, cells, _at, now, cost) {
    if (cost > rule.limit) return null
    const time = timeAt(cells, now)
    const first = firstLive(rule, cells, time)
    // From the newest back, as long as it fits together: sums stay small, whatever debts there are.
    let together = cost
    for (let i = cells.length - 2; i >= first; i -= 2) {
      together += cells[i + 1] ?? 0
      if (together > rule.limit) return Math.min(cells[i] ?? 0, time) + rule.length
    }
    return now
  },

  runsAt: (_rule, _cells, _at, now) => now,

  emptyAt: (units, cells) => (cells.length > 0 ? (cells[cells.length - 2] ?? 0) + units.length : 0),

  latest: (_units, cells) => cells[cells.length - 2] ?? 0,

  used: (units, cells, _at, now) => usedAt(units, cells, timeAt(cells, now)),

  start: (_rule, now, used) => (used > 0 ? [now, used] : []),
}
