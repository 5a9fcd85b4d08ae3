import { HeadgateError } from '../errors.ts'
import type { Micros } from '../micros.ts'
import { type Algorithm, MAX_LEAD, MAX_LEVEL } from './algorithm.ts'

/** Cells: `ts`, the tick of the last charge, and `level`, what is used, in `1/den` units. */
export interface MeterUnits {
  readonly algorithm: 'meter'
  readonly units: string
  /** Microseconds of a tick. */
  readonly tick: number
  /** What drains in a tick. */
  readonly num: number
  /** What one unit of cost adds to the level. */
  readonly den: number
}

/** Token bucket and leaky bucket, one function: a level that drains at a constant rate and must not pass `cap`. */
export interface MeterRule extends MeterUnits {
  readonly cap: number
  /** `cap` in units of cost. */
  readonly capacity: number
  /** Whether an admitted request waits for those before it to drain (leaky bucket). */
  readonly shaped: boolean
}

const TICKS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
const MAX_CAP = 2 ** 52
const MAX_NUM = 2 ** 31

/** The first tick at which `refill` per `periodMs` and `capacity` are whole numbers that every store can multiply. */
export function compileMeter(refill: number, periodMs: number, capacity: number, shaped: boolean): MeterRule {
  const period = periodMs * 1_000
  for (const tick of TICKS) {
    if (period % tick !== 0 || period > Number.MAX_SAFE_INTEGER) continue
    const ticks = period / tick
    const divisor = gcd(refill, ticks)
    const num = refill / divisor
    const den = ticks / divisor
    const cap = capacity * den
    if (cap <= MAX_CAP && num <= MAX_NUM && (cap / num) * tick <= MAX_CAP) {
      return {
        algorithm: 'meter',
        units: `meter:${tick}:${num}:${den}`,
        tick,
        num,
        den,
        cap,
        capacity,
        shaped,
      }
    }
  }
  throw new HeadgateError({
    code: 'NOT_EXACT',
    option: 'per',
    value: periodMs,
    message: `${refill} per ${periodMs} ms up to ${capacity} can't be counted in whole numbers below 2^53, or takes a century to drain`,
    fix: 'Lower the capacity, or choose a rate and a period with a large common divisor, such as 100 per "1s"',
  })
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

/** The tick that counts: the clock's, or the stored one when that is ahead, but not by so much that the clock was set back. */
function tickAt(units: MeterUnits, ts: number, now: Micros): number {
  const tick = Math.floor(now / units.tick)
  return ts > tick && ts - tick <= MAX_LEAD / units.tick ? ts : tick
}

/**
 * What is left of the level at a tick. The product may pass 2^53, and is then rounded, but to no less than 2^53, which is
 * more than any level: doubles need no clamp here. A port to integers clamps the elapsed time first.
 */
function levelAt(units: MeterUnits, ts: number, level: number, tick: number): number {
  const drained = (tick - ts) * units.num
  if (drained >= level) return 0
  return drained > 0 ? level - drained : level
}

/**
 * The state of another meter in the units of `rule`: the same level, rounded up to the `den`th part of a unit, as of the
 * end of the tick in which the other's counts. (As of its start, what drains within a coarse tick could be had twice.)
 */
export function rescale(
  rule: MeterRule,
  written: MeterUnits,
  cells: ArrayLike<number>,
  now: Micros,
): number[] {
  const ts = cells[0] ?? 0
  const tick = tickAt(written, ts, now)
  const level = BigInt(levelAt(written, ts, cells[1] ?? 0, tick)) * BigInt(rule.den)
  const rounded = Number((level + BigInt(written.den) - 1n) / BigInt(written.den))
  return [Math.ceil((tick * written.tick) / rule.tick), Math.min(rounded, MAX_LEVEL)]
}

/** @see {@link MeterRule} */
export const meter: Algorithm<MeterUnits, MeterRule> = {
  width: 2,

  fits(rule, cells, at, now, cost) {
    const ts = cells[at] ?? 0
    return levelAt(rule, ts, cells[at + 1] ?? 0, tickAt(rule, ts, now)) + cost * rule.den <= rule.cap
  },

  take(rule, cells, at, now, cost, ifFits) {
    const ts = cells[at] ?? 0
    const tick = tickAt(rule, ts, now)
    const level = levelAt(rule, ts, cells[at + 1] ?? 0, tick) + cost * rule.den
    if (ifFits && level > rule.cap) return false
    cells[at] = tick
    cells[at + 1] = Math.min(level, MAX_LEVEL)
    return true
  },

  // First in, first out: the receipt's own level says when the last unit of the charge has drained, so what is left of
  // it now is known however much was taken since.
  giveBack(rule, cells, at, now, units, receipt) {
    const ts = cells[at] ?? 0
    const tick = tickAt(rule, ts, now)
    const level = levelAt(rule, ts, cells[at + 1] ?? 0, tick)
    const left = levelAt(rule, receipt[0] ?? 0, receipt[1] ?? 0, tick)
    cells[at] = tick
    cells[at + 1] = Math.max(0, level - Math.min(units * rule.den, left))
  },

  isAstray: (rule, cells, at, now) => (cells[at] ?? 0) * rule.tick - now > MAX_LEAD,

  receipt: (cells) => Array.from(cells),

  remaining(rule, cells, at, now) {
    const ts = cells[at] ?? 0
    const room = rule.cap - levelAt(rule, ts, cells[at + 1] ?? 0, tickAt(rule, ts, now))
    return room > 0 ? Math.floor(room / rule.den) : 0
  },

  fitsAt(rule, cells, at, now, cost) {
    if (cost > rule.capacity) return null
    const ts = cells[at] ?? 0
    const tick = tickAt(rule, ts, now)
    // In this order no step passes 2^53, not even under a debt.
    const excess = levelAt(rule, ts, cells[at + 1] ?? 0, tick) - (rule.cap - cost * rule.den)
    return excess <= 0 ? now : (tick + Math.ceil(excess / rule.num)) * rule.tick
  },

  runsAt(rule, cells, at, now, taken) {
    if (!rule.shaped) return now
    const ts = cells[at] ?? 0
    const tick = tickAt(rule, ts, now)
    const before = levelAt(rule, ts, cells[at + 1] ?? 0, tick) - taken * rule.den
    return before <= 0 ? now : (tick + Math.ceil(before / rule.num)) * rule.tick
  },

  emptyAt(units, cells, at) {
    return ((cells[at] ?? 0) + Math.ceil((cells[at + 1] ?? 0) / units.num)) * units.tick
  },

  latest: (units, cells, at) => (cells[at] ?? 0) * units.tick,

  used(units, cells, at, now) {
    const ts = cells[at] ?? 0
    return Math.ceil(levelAt(units, ts, cells[at + 1] ?? 0, tickAt(units, ts, now)) / units.den)
  },

  start: (rule, now, used) => [Math.floor(now / rule.tick), Math.min(used * rule.den, MAX_LEVEL)],
}
