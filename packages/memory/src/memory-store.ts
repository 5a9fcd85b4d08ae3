import {
  type Adjustment,
  type Check,
  type Clock,
  type DecideOne,
  HeadgateError,
  invalidOption,
  type Key,
  type Micros,
  type Outcome,
  type Result,
  type SyncStore,
  systemClock,
} from '@headgate/core'
import { type Column, createColumn } from './column.ts'
import { createSlots, type SlotStats } from './slots.ts'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** The process's clock unless told. */
  readonly clock?: Clock
  /** The most subjects that have entries of their own, up to 2^24; 100,000 unless told. Each takes 60 to 100 bytes, and its key. */
  readonly maxKeys?: number
}

/** A store in this process's memory. */
export interface MemoryStore extends SyncStore {
  stats(): SlotStats
}

function closedError(): HeadgateError {
  return new HeadgateError({
    code: 'STORE_CLOSED',
    message: 'The memory store is closed',
    fix: 'Close it last',
  })
}

/** How many shared entries there are for subjects that find no place. */
const SHARED = 1_024

/**
 * A store in this process's memory: bounded, without timers, and quick.
 *
 * When `maxKeys` subjects are kept, those whose states are empty make room for new ones. If there is none, new subjects
 * share coarse entries, so they may be denied early but never pass a limit unseen, and `stats().overflowed` counts it:
 * raise `maxKeys` then.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { createLimiter, tokenBucket } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 *
 * const limiter = createLimiter({ store: memoryStore(), limits: { rate: tokenBucket({ capacity: 5, refill: 1, per: '1s' }) } })
 * limiter.consumeSync('user-1').allowed // true
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { clock = systemClock(), maxKeys = 100_000 } = options
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1 || maxKeys > 2 ** 24) {
    const fix =
      'Give the number of subjects that are active within a window; each takes 60 to 100 bytes, and its key'
    throw invalidOption('maxKeys', maxKeys, 'a whole number from 1 to 2^24', fix)
  }
  const columns = new Map<string, Column>()
  const all: Column[] = []
  const slots = createSlots({
    maxKeys,
    shared: SHARED,
    emptyAt: (slot) => all.reduce((latest, column) => Math.max(latest, column.emptyAt(slot)), 0),
    clear: (slot) => {
      for (const column of all) column.clear(slot)
    },
    copy: (from, to) => {
      for (const column of all) column.copy(from, to)
    },
  })
  let closed = false

  let lastScope: string | undefined
  let last = createColumn()
  const columnOf = (scope: string): Column => (scope === lastScope ? last : otherColumn(scope))
  /** Apart, so that the usual way is short enough to be inlined. */
  const otherColumn = (scope: string): Column => {
    let column = columns.get(scope)
    if (column === undefined) {
      column = createColumn()
      columns.set(scope, column)
      all.push(column)
    }
    lastScope = scope
    last = column
    return column
  }
  const checkOpen = (): void => {
    if (closed) throw closedError()
  }

  const decideOne: DecideOne = (scope, id, rule, cost, figures, now = clock.now()) => {
    checkOpen()
    const column = columnOf(scope)
    let slot = slots.find(id)
    // Who has no slot of his own gets one if he takes.
    if (slot < SHARED && cost > 0 && column.fits(slot, rule, now, cost)) slot = slots.claim(id, now)
    return column.decide(slot, rule, now, cost, figures)
  }

  const decideAll = (checks: readonly Check[], now: Micros): Outcome => {
    const fits = checks.map(({ scope, id, rule, cost }) =>
      columnOf(scope).fits(slots.find(id), rule, now, cost),
    )
    const allowed = checks.every((check, i) => fits[i] || check.shadow)
    const results = checks.map(({ scope, id, rule, cost }, i): Result => {
      const takes = allowed && fits[i] === true && cost > 0
      const column = columnOf(scope)
      const slot = takes ? slots.claim(id, now) : slots.find(id)
      if (takes) column.take(slot, rule, now, cost)
      else if (cost > 0) column.bringOver(slot, rule, now)
      return { allowed: fits[i] === true, cells: column.read(slot, rule, now) }
    })
    return { now, results }
  }

  const store: MemoryStore = {
    name: 'memory',
    decideOne,
    clock,
    stats: slots.stats,

    decideSync(checks, now = clock.now()) {
      checkOpen()
      return decideAll(checks, now)
    },

    adjustSync(adjustments, now = clock.now()) {
      checkOpen()
      slots.touched()
      const results = adjustments.map((adjustment: Adjustment): Result => {
        const { scope, id, rule, units } = adjustment
        const column = columnOf(scope)
        const slot = units > 0 ? slots.claim(id, now) : slots.find(id)
        if (slot >= 0) column.adjust(slot, adjustment, now)
        return { allowed: true, cells: column.read(slot, rule, now) }
      })
      return { now, results }
    },

    deleteSync(keys: readonly Key[]) {
      checkOpen()
      slots.touched()
      for (const { scope, id } of keys) {
        // A shared entry stays: it is also others'.
        const slot = slots.own(id)
        if (slot < 0) continue
        columns.get(scope)?.clear(slot)
        if (all.every((column) => column.emptyAt(slot) === 0)) slots.release(id)
      }
    },

    decide: async (checks, now) => store.decideSync(checks, now),
    adjust: async (adjustments, now) => store.adjustSync(adjustments, now),
    delete: async (keys) => store.deleteSync(keys),
    close: async () => {
      closed = true
      columns.clear()
      all.length = 0
    },
  }
  return store
}
