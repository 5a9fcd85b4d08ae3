import { conform } from '@headgate/conformance'
import { algorithmOf, type Check, type Micros, type Outcome } from '@headgate/core'
import { type MemoryStore, memoryStore } from '@headgate/memory'
import { describe, it } from 'vitest'

describe('the memory store', () => {
  conform({ describe, it, ordered: true, store: () => memoryStore(), runs: 500 })
})

/** Asks the way that limiters of one limit take wherever a call has one check. */
function oneByOne(store: MemoryStore): MemoryStore {
  const decideSync = (checks: readonly Check[], now?: Micros): Outcome => {
    const [check] = checks
    const width = check === undefined ? 0 : algorithmOf(check.rule).width
    if (checks.length !== 1 || check === undefined || width === 0 || store.decideOne === undefined) {
      return store.decideSync(checks, now)
    }
    const figures = new Float64Array(4)
    const allowed = store.decideOne(check.scope, check.id, check.rule, check.cost, figures, now)
    return { now: figures[0] ?? 0, results: [{ allowed, cells: figures.slice(1, 1 + width) }] }
  }
  return { ...store, decideSync, decide: async (checks, now) => decideSync(checks, now) }
}

describe('the memory store, asked for one check', () => {
  conform({ describe, it, store: () => oneByOne(memoryStore()), runs: 500 })
})
