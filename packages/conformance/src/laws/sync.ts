import { isSyncStore, type Store } from '@headgate/core'
import { programs } from '../arbitraries/programs.ts'
import { follow } from '../follow.ts'
import { type Law, law } from '../law.ts'

export const syncAnswersLikeAsync: Law = law(
  'sync answers like async',
  'A store that can answer at once says then what it would have said later.',
  programs,
  async (store, program, run) => {
    if (!isSyncStore(store))
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
