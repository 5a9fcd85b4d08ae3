import { algorithmOf } from '../algorithms/index.ts'
import type { Rule } from '../algorithms/rule.ts'
import type { Micros } from '../micros.ts'
import type { Check, Outcome, Result, State, Store } from '../store.ts'
import type { LeaseEvent } from './events.ts'
import { storeClosed } from './inner.ts'
import { answerOf, emptyLease, isSameRule, type Lease, leaseEnd, refundOf } from './lease.ts'
import { capacityOf } from './share.ts'
import { storeTime } from './store-time.ts'

/** The leases of a process, by key. */
export interface Leases {
  readonly size: number
  get(key: string): Lease | undefined
  /** Tells what time it is, where calls give it. */
  setTime(now: Micros): void
  /** Hands out what is in hand; undefined where that isn't enough. */
  serve(lease: Lease, check: Check, now: Micros | undefined): Outcome | undefined
  /** Decides with what is in hand, and what the store has. */
  decide(key: string, check: Check, now: Micros | undefined): Promise<Outcome>
  /** Gives back what is in hand of keys, so that the store decides by all there is. */
  end(keys: readonly string[]): Promise<void>
  /** Drops what is in hand of a key that was forgotten. */
  drop(key: string): void
  /** Gives everything back. */
  close(): Promise<void>
}

/** Options of a {@link Leases}; `ttl` in microseconds. */
export interface LeasesOptions {
  readonly name: string
  readonly chunk: number
  readonly ttl: Micros
  readonly maxLeases: number
  tell(type: LeaseEvent['type'], lease: Lease, units: number): void
}

/**
 * A key's calls: those that what is in hand suffices for are served at once. Of the others one asks the store while the
 * rest wait, and then look again; where a chunk doesn't fit and nothing is in hand, each asks for itself.
 */
export function createLeases(store: Store, { name, chunk, ttl, maxLeases, tell }: LeasesOptions): Leases {
  const time = storeTime(store)
  /** Nearly in the order in which they end. */
  const leases = new Map<string, Lease>()
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The last time that a call gave. */
  let given: Micros = 0
  let closed = false

  /** The store's time now, by the lease. */
  const timeOf = ({ offset }: Lease): Micros => (offset === undefined ? given : time.read() + offset)

  /** Whether what is in hand is of this limit and can be handed out now. */
  const isCurrent = (lease: Lease, rule: Rule, now: Micros | undefined, at = timeOf(lease)): boolean => {
    if ((now === undefined) !== (lease.offset !== undefined) || !isSameRule(rule, lease.rule)) return false
    return at >= lease.from && at < lease.until
  }

  /** Hands out what is in hand. */
  const serve = (lease: Lease, { cost, rule }: Check, now: Micros | undefined): Outcome | undefined => {
    if (cost > lease.left || cost === 0) return undefined
    const at = timeOf(lease)
    if (!isCurrent(lease, rule, now, at)) return undefined
    lease.left -= cost
    tell('lease-hit', lease, cost)
    return answerOf(lease, true, at)
  }

  /** Lets no other call for the key pass until the work is done; if it fails, those that wait fail too. */
  const alone = <T>(lease: Lease, work: () => Promise<T>): Promise<T> => {
    const run = work().finally(() => {
      lease.busy = undefined
    })
    run.catch(() => undefined)
    lease.busy = run
    return run
  }

  /** Gives back what is in hand. Where that fails it stays charged, and drains with time like any other. */
  const giveBack = async (lease: Lease): Promise<void> => {
    const at = timeOf(lease)
    const [change, units] = [refundOf(lease, at), lease.left]
    lease.left = 0
    if (change === undefined) return
    try {
      await store.adjust([change], lease.offset === undefined ? at : undefined)
      tell('lease-return', lease, units)
    } catch {
      tell('lease-lost', lease, units)
    }
  }

  const end = (key: string, lease: Lease): Promise<void> => {
    if (leases.get(key) === lease) leases.delete(key)
    return giveBack(lease)
  }

  /** Ends what is past its time; the rest is looked at when the next one ends. */
  const sweep = (): void => {
    clearTimeout(timer)
    timer = undefined
    for (const [key, lease] of leases) {
      const left = lease.until - timeOf(lease)
      if (left <= 0 && lease.busy === undefined) void end(key, lease)
      else if (lease.offset !== undefined) {
        timer = setTimeout(sweep, Math.max(1, Math.ceil(left / 1_000)))
        unref(timer)
        break
      }
    }
  }

  /** Asks for what is missing, and no more. */
  const askExactly = async (lease: Lease, check: Check, now: Micros | undefined): Promise<Outcome> => {
    // More than the limit can ever hold is denied for good, whatever is in hand.
    const held = check.cost > capacityOf(check.rule) ? 0 : Math.min(lease.left, check.cost)
    lease.left -= held
    let outcome: Outcome
    try {
      outcome = await store.decide([{ ...check, cost: check.cost - held }], now)
    } catch (error) {
      lease.left += held
      throw error
    }
    const result = outcome.results[0] as Result
    if (!result.allowed) lease.left += held
    if ((result.rule ?? check.rule).units !== lease.by.units) return outcome
    Object.assign(lease, { cells: Array.from(result.cells), degraded: outcome.degraded })
    return answerOf(lease, result.allowed, outcome.now)
  }

  /** Asks for a chunk; where it doesn't fit but the call might, exactly. */
  const takeChunk = async (
    key: string,
    lease: Lease,
    check: Check,
    now: Micros | undefined,
  ): Promise<Outcome> => {
    const sent = time.read()
    let outcome: Outcome
    try {
      outcome = await store.decide([{ ...check, cost: chunk }], now)
    } catch (error) {
      if (lease.left === 0 && leases.get(key) === lease) leases.delete(key)
      throw error
    }
    const { allowed, cells, rule: by = check.rule } = outcome.results[0] as Result
    const told = { by, degraded: outcome.degraded, cells: Array.from(cells) }
    const algorithm = algorithmOf(by)
    const isMore = lease.left > 0 && by.units === lease.by.units && isCurrent(lease, check.rule, now)
    if (lease.left > 0 && !isMore) void giveBack({ ...lease })
    const held = isMore ? lease.left : 0
    const offset = now === undefined ? time.offset(sent, outcome.now, now) : undefined

    if (!allowed) {
      const fitsAt = algorithm.fitsAt(by, cells, 0, outcome.now, chunk) ?? Number.POSITIVE_INFINITY
      const exactUntil = Math.min(fitsAt, outcome.now + ttl)
      const until = isMore ? lease.until : outcome.now + ttl
      const from = isMore ? lease.from : outcome.now
      Object.assign(lease, { ...told, left: held, offset, from, until, exactUntil })
      if (timer === undefined) sweep()
      const missing = check.cost - held
      return algorithm.fits(by, Array.from(cells), 0, outcome.now, missing)
        ? askExactly(lease, check, now)
        : answerOf(lease, false, outcome.now)
    }
    const receipt: State = { units: by.units, cells: algorithm.receipt(cells) }
    const until = leaseEnd(by, cells, outcome.now, ttl)
    Object.assign(lease, { ...told, receipt, offset, from: outcome.now, until, exactUntil: 0 })
    // What was in hand is handed out first: what then is left is of this chunk.
    lease.left = held + chunk - check.cost
    tell('lease-take', lease, chunk)
    // Not where a reset has forgotten the key meanwhile: what is left then belongs to no state any more.
    if (leases.get(key) === lease) {
      leases.delete(key)
      leases.set(key, lease)
    }
    if (timer === undefined) sweep()
    return answerOf(lease, true, outcome.now)
  }

  const decideOne = async (key: string, check: Check, now: Micros | undefined): Promise<Outcome> => {
    for (;;) {
      if (closed) throw storeClosed(name)
      let lease = leases.get(key)
      if (lease?.busy !== undefined) {
        await lease.busy
        continue
      }
      const served = lease && serve(lease, check, now)
      if (served !== undefined) return served
      if (lease !== undefined && !isCurrent(lease, check.rule, now)) {
        await end(key, lease)
        continue
      }
      if (lease === undefined) {
        if (now !== undefined) sweep()
        if (check.cost === 0 || check.cost > chunk || leases.size >= maxLeases)
          return store.decide([check], now)
        lease = emptyLease(check)
        leases.set(key, lease)
      } else if (check.cost === 0 || check.cost > chunk || timeOf(lease) < lease.exactUntil) {
        const [own, ask] = [lease, () => askExactly(lease as Lease, check, now)]
        return own.left > 0 && check.cost > 0 ? alone(own, ask) : ask()
      }
      const own = lease
      return alone(own, () => takeChunk(key, own, check, now))
    }
  }

  const endAll = async (keys: readonly string[]): Promise<void> => {
    for (const key of keys) {
      for (let lease = leases.get(key); lease !== undefined; lease = leases.get(key)) {
        if (lease.busy === undefined) await end(key, lease)
        else await lease.busy.catch(() => undefined)
      }
    }
  }

  return {
    get size() {
      return leases.size
    },
    get: (key) => leases.get(key),
    setTime: (now) => {
      given = now
    },
    serve,
    decide: decideOne,
    end: endAll,
    drop: (key) => void leases.delete(key),
    async close() {
      closed = true
      clearTimeout(timer)
      const all = [...leases.values()]
      await Promise.allSettled(all.map(({ busy }) => busy))
      await Promise.all(all.map(giveBack))
      leases.clear()
    },
  }
}

/** What is in hand must not keep the process alive: it drains, or its window ends. */
function unref(timer: unknown): void {
  ;(timer as { unref?: () => void }).unref?.()
}
