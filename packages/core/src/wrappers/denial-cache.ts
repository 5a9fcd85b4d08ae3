import { algorithmOf, isHeld } from '../algorithms/index.ts'
import { checkWhole } from '../check-whole.ts'
import { type Duration, toMs } from '../duration.ts'
import { encodeKey } from '../key.ts'
import type { Micros } from '../micros.ts'
import {
  type Check,
  isSyncStore,
  type Key,
  type Outcome,
  type Result,
  type Store,
  type SyncStore,
} from '../store.ts'
import { type EventOptions, quiet } from './events.ts'
import { checkStore } from './inner.ts'
import { createRecent } from './recent.ts'
import { storeTime } from './store-time.ts'

/** Options of {@link denialCache}. */
export interface DenialCacheOptions extends EventOptions {
  /** The most keys whose states are kept, from 2 to 2^24; 10,000 unless told. Long sliding logs count for several. */
  readonly maxKeys?: number
  /**
   * For how long a denial is repeated at most, though it names a longer wait. A minute unless told. What other processes give
   * back, or reset, is only noticed then.
   */
  readonly maxAge?: Duration
}

/** A key's state as the store last told it. */
interface Known {
  readonly units: string
  readonly cells: number[]
  /** The store's time then. */
  readonly now: Micros
  /** From this process's readings of the time to the store's. */
  readonly offset: number | undefined
}

/** Calls for a key that are under way together. */
interface Asking {
  calls: number
  /** Whether what they answer may be from before a change. */
  stale: boolean
}

/** So many numbers of a state weigh as much as a key. */
const NUMBERS = 16

/**
 * Answers repeated denials without asking the store. It remembers the states that a denial showed, and denies what they
 * don't have room for, by the rule that is asked: so a smaller cost, a raised limit and the end of the wait are seen at
 * once, to the microsecond. Everything else asks the store.
 *
 * Refunds, charges and resets through this wrapper are noticed; those of other processes after `maxAge` at the latest. Calls under a
 * `concurrency` limit always ask the store, since its places come back at any time. Of a
 * call under several limits, the figures of those that don't deny are as last seen. It never denies longer than the store
 * would. Where the store answers at once, so does this. `close()` closes the store.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { createLimiter, denialCache, fixedWindow } from '@headgate/core'
 * import { sqliteStore } from '@headgate/sqlite'
 *
 * const store = denialCache(sqliteStore({ file: 'limits.db' }), { maxAge: '10s' })
 * const limiter = createLimiter({ store, limits: { rate: fixedWindow({ limit: 5, window: '1m' }) } })
 * ```
 */
export function denialCache(store: SyncStore, options?: DenialCacheOptions): SyncStore
export function denialCache(store: Store, options?: DenialCacheOptions): Store
export function denialCache(store: Store, options: DenialCacheOptions = {}): Store {
  checkStore(store)
  const { maxKeys = 10_000 } = options
  checkWhole('maxKeys', maxKeys, 2, 2 ** 24, 'Give the number of keys that are denied within a minute')
  const maxAge = toMs(options.maxAge ?? '1m', 'maxAge') * 1_000
  const name = `denialCache(${store.name})`
  const emit = quiet(options.onEvent)
  const time = storeTime(store)
  const known = createRecent<Known>(maxKeys)
  const asking = new Map<string, Asking>()
  let closed = false

  /** The answer, where the states as last seen deny. */
  const recall = (checks: readonly Check[], now: Micros | undefined): Outcome | undefined => {
    const states: Known[] = []
    for (const check of checks) {
      if (isHeld(check.rule)) return undefined
      const state = known.get(encodeKey(check))
      // Other units ask again: a denial, too, must write such a state anew.
      if (state?.units !== check.rule.units) return undefined
      states.push(state)
    }
    const at = now ?? timeBy(states)
    if (at === undefined) return undefined
    let denied = false
    const results: Result[] = []
    for (const [i, { rule, cost, shadow }] of checks.entries()) {
      const { cells, now: seen } = states[i] as Known
      const algorithm = algorithmOf(rule)
      // To a clock that lags, the store may show what is over by now.
      if (at < seen || at - seen > maxAge || algorithm.isAstray(rule, cells, 0, at)) return undefined
      const allowed = algorithm.fits(rule, cells, 0, at, cost)
      if (!allowed && !shadow) denied = true
      results.push({ allowed, cells })
    }
    if (!denied) return undefined
    emit?.({ type: 'denial-hit', store: name, checks })
    return { now: at, results }
  }

  /** The latest that the store's clock may show now. */
  const timeBy = (states: readonly Known[]): Micros | undefined => {
    let latest = Number.NEGATIVE_INFINITY
    for (const { offset } of states) {
      if (offset === undefined) return undefined
      latest = Math.max(latest, offset)
    }
    return latest + time.read()
  }

  /** Keeps the states of a denial, and of what is kept already those of any answer. */
  const learn = (
    checks: readonly Check[],
    { now, results, degraded }: Outcome,
    offset: number | undefined,
    asked?: readonly Asking[],
  ): void => {
    if (degraded !== undefined || closed) return
    const denied = checks.some(({ shadow }, i) => !shadow && results[i]?.allowed === false)
    for (const [i, check] of checks.entries()) {
      const { cells, rule } = results[i] as Result
      // A look doesn't show the state as it is written.
      if (check.cost === 0 || rule !== undefined || asked?.[i]?.stale) continue
      const key = encodeKey(check)
      if (!denied && known.get(key) === undefined) continue
      const state = { units: check.rule.units, cells: Array.from(cells), now, offset }
      known.set(key, state, Math.ceil(cells.length / NUMBERS) || 1)
    }
  }

  const forget = (keys: readonly Key[]): void => {
    for (const key of keys.map(encodeKey)) {
      known.delete(key)
      const asked = asking.get(key)
      if (asked !== undefined) asked.stale = true
      asking.delete(key)
    }
  }

  const begin = (key: string): Asking => {
    const asked = asking.get(key) ?? { calls: 0, stale: false }
    asked.calls++
    asking.set(key, asked)
    return asked
  }
  const end = (key: string, asked: Asking): void => {
    asked.calls--
    if (asked.calls === 0 && asking.get(key) === asked) asking.delete(key)
  }

  const ask = async (checks: readonly Check[], now: Micros | undefined): Promise<Outcome> => {
    const keys = checks.map(encodeKey)
    const asked = keys.map(begin)
    const sent = time.read()
    try {
      const outcome = await store.decide(checks, now)
      learn(checks, outcome, time.offset(sent, outcome.now, now), asked)
      return outcome
    } finally {
      for (const [i, key] of keys.entries()) end(key, asked[i] as Asking)
    }
  }

  /** A change may have been carried out also where it failed. */
  const changing = async <T>(keys: readonly Key[], change: () => Promise<T>): Promise<T> => {
    try {
      return await change()
    } finally {
      forget(keys)
    }
  }

  const outer: Store = {
    name,
    ...(store.clock && { clock: store.clock }),
    decide: async (checks, now) => recall(checks, now) ?? ask(checks, now),
    adjust: (adjustments, now) => changing(adjustments, () => store.adjust(adjustments, now)),
    delete: (keys) => changing(keys, () => store.delete(keys)),
    async close() {
      closed = true
      known.clear()
      await store.close()
    },
  }
  if (!isSyncStore(store)) return outer

  const changingNow = <T>(keys: readonly Key[], change: () => T): T => {
    try {
      return change()
    } finally {
      forget(keys)
    }
  }
  const sync: SyncStore = {
    ...outer,
    decideSync(checks, now) {
      const recalled = recall(checks, now)
      if (recalled !== undefined) return recalled
      const sent = time.read()
      const outcome = store.decideSync(checks, now)
      learn(checks, outcome, time.offset(sent, outcome.now, now))
      return outcome
    },
    adjustSync: (adjustments, now) => changingNow(adjustments, () => store.adjustSync(adjustments, now)),
    deleteSync: (keys) => changingNow(keys, () => store.deleteSync(keys)),
  }
  return sync
}
