import { checkWhole } from '../check-whole.ts'
import { systemClock } from '../clock.ts'
import { type Duration, toMs } from '../duration.ts'
import { invalidOption } from '../errors.ts'
import type { Micros } from '../micros.ts'
import type { Adjustment, Outcome, Result, Store } from '../store.ts'
import { type BreakerOptions, type BreakerState, createBreaker } from './breaker.ts'
import { type EventOptions, quiet } from './events.ts'
import { createGuard, isMisuse, reasonOf } from './guard.ts'
import { checkStore, storeClosed } from './inner.ts'
import { partsOf } from './share.ts'
import { countElsewhere, countNothing, type StandIn } from './stand-in.ts'

/** Options of {@link resilient}. */
export interface ResilientOptions extends EventOptions {
  /**
   * Who decides when the store doesn't. `"allow"`: everybody is let in, uncounted. `"deny"`: nobody is, and all are told to
   * come back when the store is asked again. A store: it decides, by its `share` of each limit; its `close()` is called too.
   */
  readonly onError: 'allow' | 'deny' | Store
  /**
   * With a store as `onError`: its part of each limit, as `1 / n`, so that n processes that each have such a store admit no
   * more than the limit together. 1 unless told: for one process, or a store that all share. Every limit must have at least
   * n units.
   */
  readonly share?: number
  /** How long a call may take. `"250ms"` unless told. */
  readonly timeout?: Duration
  /** When the store isn't even asked: see {@link BreakerOptions}. `false`: it always is. */
  readonly breaker?: BreakerOptions | false
}

/** A store with a deadline and a stand-in. */
export interface ResilientStore extends Store {
  /** Where the circuit breaker stands; `"closed"` where there is none. */
  readonly state: BreakerState
}

/** What a denial that isn't the breaker's says, in milliseconds. */
const RETRY_MS = 1_000

/**
 * Decides within a deadline, whatever happens to the store: when a call fails or takes too long, or failed too often of
 * late, the declared choice decides, and the decision's `degraded` says why: `"timeout"`, `"breaker-open"`, or
 * `"failed: …"` with the error's code.
 *
 * No call is sent twice, so none consumes twice. What the fallback charged is given back to the fallback. Forced changes
 * (refunds, settlements) and resets have no second choice: they reject when the store is away. So does misuse, which is
 * nobody's failure.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, `INVALID_DURATION`; calls reject with `INVALID_OPTION` for a limit that the
 *   share can't be had of
 * @example
 * ```ts
 * import { createLimiter, resilient, tokenBucket } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 * import { sqliteStore } from '@headgate/sqlite'
 *
 * const store = resilient(sqliteStore({ file: 'limits.db' }), { onError: memoryStore(), share: 1 / 4, timeout: '100ms' })
 * const limiter = createLimiter({ store, limits: { rate: tokenBucket({ capacity: 100, refill: 10, per: '1s' }) } })
 * const { allowed, degraded } = await limiter.consume('user-1')
 * ```
 */
export function resilient(store: Store, options: ResilientOptions): ResilientStore {
  checkStore(store)
  const name = `resilient(${store.name})`
  const timeout = toMs(options?.timeout ?? '250ms', 'timeout')
  checkWhole('timeout', timeout, 1, 2 ** 31 - 1, 'Give what a caller can wait, such as "250ms"')
  const emit = quiet(options?.onEvent)
  const breaker =
    options?.breaker === false
      ? undefined
      : createBreaker(options?.breaker, (from, to) => emit?.({ type: 'breaker', store: name, from, to }))
  const guard = createGuard(store.name, timeout, breaker)
  const standIn = createStandIn(store, options, `${name}/`, () =>
    breaker?.state === 'open' ? Math.max(1, breaker.opensAt - performance.now()) : RETRY_MS,
  )
  let closed = false
  const checkOpen = (): void => {
    if (closed) throw storeClosed(name)
  }

  return {
    name,
    ...(store.clock && { clock: store.clock }),
    get state() {
      return breaker?.state ?? 'closed'
    },

    async decide(checks, now) {
      checkOpen()
      standIn.check(checks)
      try {
        return await guard(() => store.decide(checks, now))
      } catch (error) {
        if (isMisuse(error)) throw error
        const reason = reasonOf(error)
        emit?.({ type: 'degraded', store: name, reason, error })
        const outcome = await standIn.decide(checks, now, error)
        return { ...outcome, degraded: outcome.degraded ? `${reason}; ${outcome.degraded}` : reason }
      }
    },

    async adjust(adjustments, now) {
      checkOpen()
      const isOwn = ({ charge }: Adjustment): boolean => charge?.units.startsWith(`${name}/`) === true
      if (!adjustments.some(isOwn)) return guard(() => store.adjust(adjustments, now))
      const others = adjustments.filter((adjustment) => !isOwn(adjustment))
      const outcome = others.length > 0 ? await guard(() => store.adjust(others, now)) : undefined
      return merged(await standIn.adjust(adjustments, now), outcome, now ?? clockOf(store).now())
    },

    async delete(keys) {
      checkOpen()
      await Promise.all([guard(() => store.delete(keys)), standIn.store?.delete(keys)])
    },

    async close() {
      closed = true
      await Promise.all([store.close(), standIn.store?.close()])
    },
  }
}

function createStandIn(
  store: Store,
  { onError, share }: ResilientOptions,
  prefix: string,
  retryMs: () => number,
): StandIn {
  if (onError === 'allow' || onError === 'deny') {
    if (share === undefined) return countNothing(onError, prefix, () => clockOf(store).now(), retryMs)
    throw invalidOption('share', share, 'left out', 'Only a store has a share; pass one as `onError`')
  }
  if (typeof onError !== 'object') {
    throw invalidOption(
      'onError',
      onError,
      '"allow", "deny" or a store',
      'Choose who decides without the store',
    )
  }
  checkStore(onError, 'onError')
  if (onError === store) {
    throw invalidOption('onError', onError, 'another store', 'To ask the same one again could consume twice')
  }
  const parts = partsOf(share ?? 1)
  const word = parts === 1 ? '' : `-${Math.random().toString(36).slice(2)}`
  return countElsewhere(onError, parts, prefix, word)
}

const processClock = systemClock()

function clockOf({ clock = processClock }: Store): { now(): Micros } {
  return clock
}

/** The stand-in's results, with the primary's in the places that it left open. */
function merged(
  results: readonly (Result | undefined)[],
  primary: Outcome | undefined,
  now: Micros,
): Outcome {
  let next = 0
  return {
    ...(primary ?? { now }),
    results: results.map((result) => result ?? (primary?.results[next++] as Result)),
  }
}
