import type { Store, SyncStore } from '@headgate/core'
import { programs } from '../arbitraries/programs.ts'
import { follow } from '../follow.ts'
import { type Law, law } from '../law.ts'

export const syncAnswersLikeAsync: Law = law(
  'sync answers like async',
  'A store that can answer at once says then what it would have said later.',
  programs,
  async (store, program, run) => {
    if (!isSync(store))
      throw new Error(`The store "${store.name}" has no decideSync, adjustSync and deleteSync`)
    const atOnce: Pick<Store, 'decide' | 'adjust' | 'delete'> = {
      decide: async (checks, now) => store.decideSync(checks, now),
      adjust: async (changes, now) => store.adjustSync(changes, now),
      delete: async (keys) => store.deleteSync(keys),
    }
    await follow(
      program,
      { name: 'sync', scope: `${run}/sync`, store: atOnce },
      { name: 'async', scope: `${run}/async`, store },
    )
  },
  { promise: 'sync' },
)

/** Whether the store can answer at once. */
export function isSync(store: Store): store is SyncStore {
  return 'decideSync' in store && 'adjustSync' in store && 'deleteSync' in store
}
