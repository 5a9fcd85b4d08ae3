import { checkWhole } from '../check-whole.ts'
import { type Duration, toMs } from '../duration.ts'
import { encodeKey } from '../key.ts'
import type { Micros } from '../micros.ts'
import type { Adjustment, Check, Outcome, Store } from '../store.ts'
import { type EventOptions, type LeaseEvent, quiet } from './events.ts'
import { checkStore, storeClosed } from './inner.ts'
import { cellsWithout, isLeasable, type Lease } from './lease.ts'
import { createLeases } from './leases.ts'

/** Options of {@link leased}. */
export interface LeasedOptions extends EventOptions {
  /** How many units are taken at a time: from 2 to 2^31. Limits that hold less than this are asked exactly. */
  readonly chunk: number
  /** For how long they may be handed out; then what is left goes back. `"1s"` unless told. */
  readonly ttl?: Duration
  /** The most keys of which units are in hand; further ones are asked exactly. 1,000 unless told. */
  readonly maxLeases?: number
}

/**
 * Takes units from the store in advance, and hands them out without asking: for few keys that are asked very often.
 *
 * Over any interval of `t` no more is let in than the limit promises for `t + ttl`, in all processes together; of a fixed
 * window or a quota never more than the limit, since what is taken in a window is not handed out after it. What is in hand
 * is denied to other processes meanwhile. It goes back when `ttl` ends, and on `close()`, which also closes the store. While
 * a chunk doesn't fit, the store is asked for what is asked, so the last units are counted exactly.
 *
 * Exact are, always: sliding logs, leaky buckets, shadow limits, calls under several limits, and limits smaller than a
 * chunk. `remaining` and the other figures of what is handed out are those of the last answer, less what was handed out since.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { createLimiter, leased, tokenBucket } from '@headgate/core'
 * import { sqliteStore } from '@headgate/sqlite'
 *
 * const store = leased(sqliteStore({ file: 'limits.db' }), { chunk: 100, ttl: '1s' })
 * const limiter = createLimiter({ store, limits: { all: tokenBucket({ capacity: 50_000, refill: 10_000, per: '1s' }) } })
 * await limiter.consume('everybody')
 * await store.close() // gives back what is left
 * ```
 */
export function leased(store: Store, options: LeasedOptions): Store {
  checkStore(store)
  const { chunk, maxLeases = 1_000 } = options ?? {}
  checkWhole('chunk', chunk, 2, 2 ** 31, 'Give about as many units as a process needs within `ttl`')
  checkWhole('maxLeases', maxLeases, 1, 2 ** 24, 'Leave it out for 1,000')
  const ttl = toMs(options.ttl ?? '1s', 'ttl')
  checkWhole('ttl', ttl, 1, 2 ** 31 - 1, 'Give a second or so')
  const name = `leased(${store.name})`
  const emit = quiet(options.onEvent)
  const tell = (type: LeaseEvent['type'], { key }: Lease, units: number): void =>
    emit?.({ type, store: name, key, units })
  const leases = createLeases(store, { name, chunk, ttl: ttl * 1_000, maxLeases, tell })
  let closed = false

  const passOn = async (checks: readonly Check[], now: Micros | undefined): Promise<Outcome> => {
    if (leases.size > 0) await leases.end(checks.map(encodeKey))
    return store.decide(checks, now)
  }

  return {
    name,
    ...(store.clock && { clock: store.clock }),

    // Handing out doesn't wait for anything: a promise of the answer is cheaper than an async function.
    decide(checks, now) {
      if (closed) return Promise.reject(storeClosed(name))
      if (now !== undefined) leases.setTime(now)
      const [check] = checks
      if (check === undefined || checks.length > 1 || !isLeasable(check, chunk)) return passOn(checks, now)
      const key = encodeKey(check)
      const lease = leases.get(key)
      const served = lease && leases.serve(lease, check, now)
      return served === undefined ? leases.decide(key, check, now) : Promise.resolve(served)
    },

    async adjust(adjustments, now) {
      if (closed) throw storeClosed(name)
      if (now !== undefined) leases.setTime(now)
      // Where a debt is charged nothing is left to be handed out.
      await leases.end(adjustments.filter(({ units }) => units > 0).map(encodeKey))
      const outcome = await store.adjust(adjustments, now)
      const results = outcome.results.map((result, i) => {
        const change = adjustments[i] as Adjustment
        const lease = leases.get(encodeKey(change))
        if (lease === undefined || lease.left === 0 || result.rule !== undefined) return result
        if (lease.by.units !== change.rule.units) return result
        lease.cells = Array.from(result.cells)
        return { ...result, cells: cellsWithout(lease, outcome.now) }
      })
      return { ...outcome, results }
    },

    async delete(keys) {
      if (closed) throw storeClosed(name)
      for (const key of keys.map(encodeKey)) leases.drop(key)
      await store.delete(keys)
    },

    async close() {
      closed = true
      await leases.close()
      await store.close()
    },
  }
}
