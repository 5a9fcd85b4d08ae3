import { type Applied, applyAdjustments, applyChecks, expiresAt } from './apply.ts'
import { type Clock, systemClock } from './clock.ts'
import { HeadgateError } from './errors.ts'
import { encodeKey } from './key.ts'
import { createLines } from './line.ts'
import type { Micros } from './micros.ts'
import type { Key, Outcome, State, Store } from './store.ts'

/** What a backend keeps under a key. */
export interface CasEntry {
  /** Text to be kept as it is. */
  readonly value: string
  /** Whatever the backend tells versions apart by; handed back to it. */
  readonly version: unknown
}

/** A write that must only happen if the key is still as it was loaded. */
export interface CasWrite {
  readonly key: string
  /** The version that was loaded; undefined if there was none. */
  readonly version: unknown
  readonly value: string
  /** From when on the backend may drop it: milliseconds since the Unix epoch. */
  readonly expiresAt: number
}

/** The least that a backend must offer. Keys are well-formed text without control characters, of at most 300 characters. */
export interface CasBackend {
  /** The entries of keys, in their order; undefined for what is absent or expired. */
  load(keys: readonly string[]): Promise<readonly (CasEntry | undefined)[]>
  /**
   * Writes all, or nothing if any of the keys has changed since: then false. A backend that can compare only one key at a
   * time may throw for more, and then serves limiters of one limit.
   */
  compareAndSet(writes: readonly CasWrite[]): Promise<boolean>
  delete(keys: readonly string[]): Promise<void>
  close?(): Promise<void>
}

/** Options of {@link casStore}. */
export interface CasStoreOptions {
  /** For messages. `"cas"` unless told. */
  readonly name?: string
  readonly clock?: Clock
  /** How often a decision is tried again when another process was faster. 20 unless told. */
  readonly retries?: number
}

/**
 * Makes a store of anything that can load, and compare and set: the decision runs here, the backend only says whether
 * somebody else was faster. Calls of this process for the same keys stand in line rather than race.
 *
 * @example
 * ```ts
 * import { casStore } from '@headgate/core'
 *
 * const entries = new Map<string, { value: string; version: number }>()
 * const store = casStore({
 *   load: async (keys) => keys.map((key) => entries.get(key)),
 *   compareAndSet: async (writes) => {
 *     if (writes.some(({ key, version }) => entries.get(key)?.version !== version)) return false
 *     for (const { key, value, version } of writes) entries.set(key, { value, version: ((version as number) ?? 0) + 1 })
 *     return true
 *   },
 *   delete: async (keys) => keys.forEach((key) => entries.delete(key)),
 * })
 * ```
 */
export function casStore(backend: CasBackend, options: CasStoreOptions = {}): Store {
  const { name = 'cas', clock = systemClock(), retries = 20 } = options
  const lines = createLines()
  let closed = false

  /** Stands in the line of each key; the keys are sorted, so that two calls can't wait for each other. */
  const inLine = async <T>(keys: readonly string[], work: () => Promise<T>): Promise<T> => {
    if (closed) {
      throw new HeadgateError({
        code: 'STORE_CLOSED',
        message: `The store "${name}" is closed`,
        fix: 'Close it when nothing uses it any more',
      })
    }
    const turns: (() => void)[] = []
    try {
      for (const key of [...new Set(keys)].sort()) turns.push(await lines.stand(key))
      return await work()
    } finally {
      for (const leave of turns.reverse()) leave()
    }
  }

  const transact = async (
    on: readonly Key[],
    apply: (states: (State | undefined)[], now: Micros) => Applied,
    now: Micros | undefined,
  ): Promise<Outcome> => {
    const keys = on.map(encodeKey)
    return inLine(keys, async () => {
      for (let attempt = 0; attempt <= retries; attempt++) {
        if (attempt > 0) await clock.sleep(Math.random() * Math.min(2 ** attempt, 100))
        const entries = await backend.load(keys)
        const { outcome, writes } = apply(entries.map(decode), now ?? clock.now())
        const changed = writes.flatMap((state, i) =>
          state ? [encode(keys[i] ?? '', entries[i], state)] : [],
        )
        if (changed.length === 0 || (await backend.compareAndSet(changed))) return outcome
      }
      throw new HeadgateError({
        code: 'STORE_CONTENDED',
        message: `The store "${name}" lost ${retries + 1} races for a key to other processes`,
        fix: 'Raise `retries`, spread the load over more keys, or use a store that decides on its server',
      })
    })
  }

  return {
    name,
    clock,
    decide: (checks, now) => transact(checks, (states, time) => applyChecks(checks, states, time), now),
    adjust: (adjustments, now) =>
      transact(adjustments, (states, time) => applyAdjustments(adjustments, states, time), now),
    delete: (on) => {
      const keys = on.map(encodeKey)
      return inLine(keys, () => backend.delete(keys))
    },
    close: async () => {
      closed = true
      await backend.close?.()
    },
  }
}

/** A state as text: its units and its numbers, separated by spaces. */
function encode(key: string, entry: CasEntry | undefined, state: State): CasWrite {
  const value = [state.units, ...Array.from(state.cells)].join(' ')
  return { key, version: entry?.version, value, expiresAt: Math.ceil(expiresAt(state) / 1_000) }
}

function decode(entry: CasEntry | undefined): State | undefined {
  if (entry === undefined) return undefined
  const [units = '', ...cells] = entry.value.split(' ')
  return { units, cells: cells.map(Number) }
}
