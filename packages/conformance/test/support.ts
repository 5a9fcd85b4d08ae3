import {
  type Adjustment,
  type Applied,
  applyAdjustments,
  applyChecks,
  type CasBackend,
  type Check,
  casStore,
  encodeKey,
  expiresAt,
  type Key,
  type Micros,
  type Outcome,
  type State,
  type Store,
  type SyncStore,
} from '@headgate/core'

/** The least backend there is: a Map. */
export function mapStore(): Store {
  const entries = new Map<string, { value: string; version: number }>()
  let writes = 0
  const backend: CasBackend = {
    load: async (keys) => keys.map((key) => entries.get(key)),
    compareAndSet: async (changes) => {
      if (changes.some(({ key, version }) => entries.get(key)?.version !== version)) return false
      for (const { key, value } of changes) entries.set(key, { value, version: ++writes })
      return true
    },
    delete: async (keys) => {
      for (const key of keys) entries.delete(key)
    },
  }
  return casStore(backend)
}

/** The parts of a store in process, each of which can be replaced by one that is wrong, or only different. */
export interface Parts {
  readonly keyOf: (key: Key) => string
  /** What is read of what is stored. */
  readonly load: (state: State, now: Micros) => State | undefined
  /** What is stored of what is to be written. */
  readonly save: (state: State) => State
  readonly decide: typeof applyChecks
  readonly adjust: typeof applyAdjustments
}

const soundParts: Parts = {
  keyOf: encodeKey,
  load: (state) => state,
  save: (state) => state,
  decide: applyChecks,
  adjust: applyAdjustments,
}

/** A store of parts. */
export function storeOf(parts: Partial<Parts>): SyncStore {
  const { keyOf, load, save, decide, adjust } = { ...soundParts, ...parts }
  const states = new Map<string, State>()

  const run = (
    on: readonly Key[],
    now: Micros,
    apply: (before: (State | undefined)[]) => Applied,
  ): Outcome => {
    const keys = on.map(keyOf)
    const before = keys.map((key) => {
      const state = states.get(key)
      return state && load(state, now)
    })
    const { outcome, writes } = apply(before)
    for (const [i, key] of keys.entries()) {
      const write = writes[i]
      if (write) states.set(key, save(write))
      else if (before[i] === undefined) states.delete(key)
    }
    return outcome
  }

  const store: SyncStore = {
    name: 'parts',
    decideSync: (checks: readonly Check[], now: Micros = 0) =>
      run(checks, now, (s) => decide(checks, s, now)),
    adjustSync: (changes: readonly Adjustment[], now: Micros = 0) =>
      run(changes, now, (s) => adjust(changes, s, now)),
    deleteSync: (keys) => {
      for (const key of keys) states.delete(keyOf(key))
    },
    decide: async (checks, now) => store.decideSync(checks, now),
    adjust: async (changes, now) => store.adjustSync(changes, now),
    delete: async (keys) => store.deleteSync(keys),
    close: async () => states.clear(),
  }
  return store
}

/** A sound store that drops what it may drop as soon as it may. */
export function expiringStore(): SyncStore {
  return storeOf({ load: (state, now) => (expiresAt(state) > now ? state : undefined) })
}
