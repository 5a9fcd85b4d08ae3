import { algorithmOf, type Micros, type Result, type Rule } from '@headgate/core'

/** Everything that a caller can learn from a result. */
export interface Figures {
  readonly allowed: boolean
  /** Units that still fit. */
  readonly remaining: number
  /** Units that count, rounded up. */
  readonly used: number
  /** When the same cost fits, or null for never. */
  readonly fitsAt: Micros | null
  /** When one unit fits. */
  readonly nextAt: Micros | null
  /** When nothing counts any more. */
  readonly emptyAt: Micros
  /** When what was taken may run. */
  readonly runsAt: Micros
}

/** Reads a result as a limiter would. */
export function figuresOf(rule: Rule, result: Result, now: Micros, cost: number, taken: number): Figures {
  const algorithm = algorithmOf(rule)
  const { allowed, cells } = result
  const used = algorithm.used(rule, cells, 0, now)
  return {
    allowed,
    remaining: algorithm.remaining(rule, cells, 0, now),
    used,
    fitsAt: algorithm.fitsAt(rule, cells, 0, now, cost),
    nextAt: algorithm.fitsAt(rule, cells, 0, now, 1),
    // Where nothing counts, a store may have dropped the state already: then its last time is not to be seen.
    emptyAt: used === 0 ? now : algorithm.emptyAt(rule, cells, 0),
    runsAt: algorithm.runsAt(rule, cells, 0, now, taken),
  }
}

/** @throws Error that names the figures that differ */
export function expectSame<T extends object>(what: string, actual: T, expected: T): void {
  const names = Object.keys(expected) as (keyof T & string)[]
  const wrong = names.filter((name) => !Object.is(actual[name], expected[name]))
  if (wrong.length === 0) return
  const list = wrong.map((name) => `${name} is ${String(actual[name])}, not ${String(expected[name])}`)
  throw new Error(`${what}: ${list.join('; ')}`)
}

/** @throws Error that says what should have been */
export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
