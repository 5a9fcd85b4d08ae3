import type { Store } from '@headgate/core'
import { type Arbitrary, assert, asyncProperty } from 'fast-check'

/** The name of a law, as it stands in test names and in `skip`. */
export type LawName =
  | 'equals the model'
  | 'never more than the bound'
  | 'retry is tight'
  | 'remaining is exact'
  | 'takes add up'
  | 'a refund undoes a take'
  | 'cost 0 changes nothing'
  | 'a denial leaves no debt'
  | 'all or nothing'
  | 'all or nothing across subjects'
  | 'expiry is invisible'
  | 'a lagging clock gains nothing'
  | 'a clock set back locks nobody out'
  | 'a clock set back is followed'
  | 'keys are isolated'
  | 'hostile ids are kept apart'
  | 'a changed limit keeps what was used'
  | 'concurrent calls admit exactly the limit'
  | 'calls at once are as one by one'
  | 'a shadow check never denies'
  | 'a debt is paid'
  | 'sync answers like async'
  | 'calls keep their order'

/** Makes a store for one law. It may be one that others use too: a law only touches keys that nobody had before. */
export type StoreFactory = () => Store | Promise<Store>

/** How a law is checked. */
export interface LawOptions {
  /** How many random programs: 1 or more, 100 unless told. */
  readonly runs?: number
  /** Makes the programs the same again: the seed that a failure names. Random unless told. */
  readonly seed?: number
}

/** Something that is true of every store. */
export interface Law {
  readonly name: LawName
  /** What it says, in a sentence. */
  readonly meaning: string
  /** The law is only for stores that promise this: to answer at once too, or to keep the order of calls. */
  readonly promise?: 'sync' | 'ordered'
  /**
   * Holds the store against random programs, and closes it.
   *
   * @throws fast-check's error with the smallest counterexample and the seed, when the law is broken
   */
  check(makeStore: StoreFactory, options?: LawOptions): Promise<void>
}

/**
 * A law from what it is tried on and what must hold. `run` is a word that no other run has, in this process or another:
 * keys that start their scope with it are untouched, also at a server that is shared and is never emptied.
 *
 * @param most how many programs say it all
 * @param promise see {@link Law}
 */
export function law<T>(
  name: LawName,
  meaning: string,
  programs: Arbitrary<T>,
  holds: (store: Store, program: T, run: string) => Promise<void>,
  { most = Number.POSITIVE_INFINITY, promise }: { most?: number; promise?: 'sync' | 'ordered' } = {},
): Law {
  return {
    name,
    meaning,
    ...(promise && { promise }),
    async check(makeStore, { runs = 100, seed } = {}) {
      const store = await makeStore()
      try {
        const property = asyncProperty(programs, (program) => holds(store, program, uniqueWord()))
        const numRuns = Math.min(runs, most)
        await assert(property, seed === undefined ? { numRuns } : { numRuns, seed })
      } finally {
        await store.close()
      }
    },
  }
}

const thisProcess = Math.random().toString(36).slice(2)
let count = 0

function uniqueWord(): string {
  return `t${thisProcess}-${++count}`
}
