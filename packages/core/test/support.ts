import { casStore, type ManualClock, manualClock, type Store } from '@headgate/core'

/** A casStore over a Map, and the clock by which it decides. */
export function mapStore(): {
  store: Store
  clock: ManualClock
  entries: Map<string, { value: string; version: number }>
} {
  const clock = manualClock()
  const entries = new Map<string, { value: string; version: number }>()
  const store = casStore(
    {
      load: async (keys) => keys.map((key) => entries.get(key)),
      compareAndSet: async (writes) => {
        if (writes.some(({ key, version }) => entries.get(key)?.version !== version)) return false
        for (const { key, value, version } of writes)
          entries.set(key, { value, version: ((version as number) ?? 0) + 1 })
        return true
      },
      delete: async (keys) => {
        for (const key of keys) entries.delete(key)
      },
    },
    { clock },
  )
  return { store, clock, entries }
}

/** Lets what is already due run: promises, not timers. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
