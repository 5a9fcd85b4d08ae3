import {
  algorithmOf,
  type Check,
  encodeKey,
  invalidOption,
  type Key,
  type Micros,
  type Outcome,
  type Store,
  toMs,
  type WindowRule,
} from '@headgate/core'
import { invalidKey } from './errors.ts'

/** What every store of this package can be told. */
export interface DropInOptions {
  /**
   * Keeps the counts of stores that share a Headgate store apart; two with the same prefix share their counts. The name of
   * the peer unless told.
   */
  readonly prefix?: string
}

/** What a key has used, and in which window. Times are the Headgate store's, in whole microseconds. */
export interface Count {
  readonly key: Key
  /** Hits in the window that is running; 0 where none is. */
  readonly hits: number
  readonly start: Micros
  readonly end: Micros
  /** When this was so. */
  readonly now: Micros
}

/** What else a hit can be told. */
interface HitOptions {
  /** Makes the window, whichever it is, end so many milliseconds after it was seen. */
  readonly restartMs?: number | undefined
  /** Counts nothing while this key has a hit that weighs `HEAVY`, and tells its count. */
  readonly unless?: Key
  /** What the hit counts for; 1 unless told. */
  readonly weight?: number
}

/** Counts hits in windows that begin with a key's first. Every method rejects with what the Headgate store rejects with. */
export interface Counter {
  /** @throws {@link HeadgateError} `INVALID_KEY` for what isn't a string or a number */
  keyOf(key: unknown, kind?: string): Key
  /** What is counted, of all keys at one moment. */
  look<const K extends readonly Key[]>(keys: K): Promise<{ readonly [I in keyof K]: Count }>
  /**
   * Counts a hit of a key that was looked at, in the window that was seen or in one of `windowMs` that begins now.
   *
   * @throws {@link HeadgateError} `INVALID_DURATION` for a window that isn't whole milliseconds from 1 on
   */
  hit(seen: Count, windowMs: number, options?: HitOptions): Promise<Count & { readonly unless?: Count }>
  /** Takes back a hit of the window that is running, if there is one. */
  takeBack(key: Key): Promise<void>
  forget(key: Key): Promise<void>
}

/** A century: what is to end later never does, and past 2^53 µs there are no times. */
const MAX_LENGTH: Micros = 36_600 * 86_400_000 * 1_000

/** What a hit weighs that keeps others from being counted: more than a limit of which any share can be had (see `resilient`). */
export const HEAVY = 1_000_001

/** For looking, which takes nothing, so that the window doesn't matter. It never denies: peers compare counts themselves. */
const anyWindow: WindowRule = {
  algorithm: 'window',
  units: 'window',
  limit: Number.MAX_SAFE_INTEGER,
  length: 0,
  start: 0,
  end: 1,
  nextEnd: 2,
}

/**
 * Peers count hits and decide themselves, and their windows begin with a key's first hit. In Headgate's terms that is a
 * calendar of the key's own: the state of a window tells its bounds, and a rule with the same bounds counts on in it.
 *
 * So a hit takes two calls: one looks for a window that is running, one counts. What others count between the two isn't
 * lost: a rule carries over what counts in a window that isn't over, whatever its bounds. Of several first hits at once the
 * last one tells when the window ends, later than the first would have by no more than they were under way.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 */
export function createCounter(store: Store, prefix: string): Counter {
  if (typeof store?.decide !== 'function') {
    throw invalidOption('store', store, 'a store', 'Pass memoryStore() from @headgate/memory, or another')
  }
  if (typeof prefix !== 'string') {
    throw invalidOption('prefix', prefix, 'a string', 'Leave it out where nothing else counts in the store')
  }

  const counter: Counter = {
    keyOf(key, kind = 'hits') {
      if (typeof key !== 'string' && typeof key !== 'number') throw invalidKey(key)
      return { scope: `drop-in/${kind}`, id: encodeKey({ scope: prefix, id: `${key}` }) }
    },

    async look<const K extends readonly Key[]>(keys: K) {
      const checks = keys.map((key) => ({ ...key, rule: anyWindow, cost: 0 }))
      return read(checks, await store.decide(checks)) as { readonly [I in keyof K]: Count }
    },

    async hit(seen, windowMs, { restartMs, unless: key, weight = 1 } = {}) {
      const rule = windowAfter(seen, windowMs, restartMs)
      const checks: Check[] = [{ ...seen.key, rule, cost: weight }]
      // All take or none does: who only looks under a limit that is passed already keeps the other from being counted.
      if (key) checks.push({ ...key, rule: { ...anyWindow, limit: HEAVY - 1 }, cost: 0 })
      const [count, unless] = read(checks, await store.decide(checks))
      return { ...(count as Count), ...(unless && { unless }) }
    },

    async takeBack(key) {
      const [{ hits, start, end }] = await counter.look([key])
      if (hits === 0) return
      const rule: WindowRule = { ...anyWindow, start, end, nextEnd: end + 1 }
      const charge = { units: rule.units, cells: [start, end, hits] }
      await store.adjust([{ ...key, rule, units: -1, charge }])
    },

    forget: (key) => store.delete([key]),
  }
  return counter
}

/** Milliseconds, rounded up, until the window of a count ends; never below 0. */
export function msLeft({ end, now }: Count): number {
  return Math.max(0, Math.ceil((end - now) / 1_000))
}

function windowAfter(seen: Count, windowMs: number, restartMs: number | undefined): WindowRule {
  const length = micros(toMs(windowMs, 'windowMs'))
  const { start, end } = seen
  if (seen.hits > 0 && restartMs === undefined) return { ...anyWindow, start, end, nextEnd: end + length }
  const newEnd = seen.now + (restartMs === undefined ? length : micros(restartMs))
  return { ...anyWindow, start: seen.now, end: newEnd, nextEnd: newEnd + length }
}

function micros(ms: number): Micros {
  return Math.min(ms * 1_000, MAX_LENGTH)
}

/** Reads each result by its own rule: a wrapper that decides without its store may have used another. */
function read(checks: readonly Check[], { now, results }: Outcome): Count[] {
  return results.map((result, i) => {
    const { scope, id, rule: asked } = checks[i] as Check
    const { cells, rule = asked } = result
    const { used, emptyAt } = algorithmOf(rule)
    const [hits, end] = [used(rule, cells, 0, now), emptyAt(rule, cells, 0)]
    return { key: { scope, id }, hits, start: cells[0] ?? 0, end, now }
  })
}
