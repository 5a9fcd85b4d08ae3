import { conform } from '@headgate/conformance'
import type { Check, Micros, Outcome } from '@headgate/core'
import { type MemoryStore, memoryStore } from '@headgate/memory'
import { describe, it } from 'vitest'

describe('the memory store', () => {
  conform({ describe, it, store: () => memoryStore(), runs: 500 })
})

/** Asks the way that limiters of one limit take wherever a call has one check. */
function oneByOne(store: MemoryStore): MemoryStore {
  const decideSync = (checks: readonly Check[], now?: Micros): Outcome => {
    const [check] = checks
    if (checks.length !== 1 || check === undefined || store.decideOne === undefined) {
      return store.decideSync(checks, now)
    }
    const answer = store.decideOne(check, now)
    return { now: answer.now, results: [answer] }
  }
  return { ...store, decideSync, decide: async (checks, now) => decideSync(checks, now) }
}

describe('the memory store, asked for one check', () => {
  conform({ describe, it, store: () => oneByOne(memoryStore()), runs: 500 })
})
