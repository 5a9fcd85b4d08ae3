import { invalidOption, isSyncStore } from '@headgate/core'
import type { LawName, LawOptions, StoreFactory } from './law.ts'
import { laws } from './laws.ts'

/** A test runner's `describe`: of vitest, of jest or of `node:test`. */
export type Describe = (name: string, body: () => void) => unknown

/** A test runner's `it`. The timeout is in milliseconds. */
export interface It {
  (name: string, test: () => Promise<void>, timeout?: number): unknown
  skip(name: string, test: () => Promise<void>): unknown
}

/** A law that a store doesn't keep, and why. */
export interface Skip {
  readonly law: LawName
  /** Stands in the test's name; not empty. */
  readonly reason: string
}

/** Options of {@link conform}. */
export interface ConformOptions extends LawOptions {
  readonly describe: Describe
  readonly it: It
  /** Makes the store, once for each law; the law closes it. */
  readonly store: StoreFactory
  readonly skip?: readonly Skip[]
  /**
   * Whether the store also answers at once. Unless told, a store is made to see, and closed again; one that `store` only
   * promises counts as one that doesn't.
   */
  readonly sync?: boolean
  /** Whether the store promises to decide calls in the order in which they were made. `false` unless told. */
  readonly ordered?: boolean
}

/** Milliseconds that a law may take: far more than it does, also at a server. */
const TIMEOUT = 120_000

/**
 * Makes each law a test of the store. 100 random programs a law unless `runs` says otherwise; a failure names its seed,
 * which repeats it.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION` for a `skip` of an unknown law or without a reason
 * @example
 * ```ts
 * import { conform } from '@headgate/conformance'
 * import { memoryStore } from '@headgate/memory'
 * import { describe, it } from 'vitest'
 *
 * conform({ describe, it, store: () => memoryStore() })
 * ```
 */
export function conform(options: ConformOptions): void {
  const {
    describe,
    it,
    store,
    skip = [],
    sync = answersAtOnce(store),
    ordered = false,
    ...lawOptions
  } = options
  const promised = { sync, ordered }
  for (const each of skip) checkSkip(each)
  describe('the laws of a store', () => {
    for (const law of laws) {
      if (law.promise !== undefined && !promised[law.promise]) continue
      const skipped = skip.find((each) => each.law === law.name)
      const test = () => law.check(store, lawOptions)
      if (skipped === undefined) it(law.name, test, TIMEOUT)
      else it.skip(`${law.name} (skipped: ${skipped.reason})`, test)
    }
  })
}

function answersAtOnce(makeStore: StoreFactory): boolean {
  const store = makeStore()
  if (!('then' in store)) {
    void store.close()
    return isSyncStore(store)
  }
  // Whatever is wrong with it, the laws will say.
  store.then((made) => made.close()).catch(() => undefined)
  return false
}

function checkSkip({ law, reason }: Skip): void {
  if (!laws.some(({ name }) => name === law)) {
    const fix = `Use one of ${laws.map(({ name }) => `"${name}"`).join(', ')}`
    throw invalidOption('skip.law', law, 'the name of a law', fix)
  }
  if (typeof reason === 'string' && reason.trim() !== '') return
  const fix = 'Say what the store can’t do, for whoever reads the test report'
  throw invalidOption('skip.reason', reason, `why "${law}" is skipped`, fix)
}
