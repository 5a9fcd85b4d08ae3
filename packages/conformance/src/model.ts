import {
  type Applied,
  applyAdjustments,
  applyChecks,
  encodeKey,
  type Key,
  type Micros,
  type Outcome,
  type State,
  type SyncStore,
  systemClock,
} from '@headgate/core'

/**
 * The reference: core's pure functions over a Map that never forgets. What a store answers must be what this answers.
 *
 * @example
 * ```ts
 * import { createModel } from '@headgate/conformance'
 * import { compileLimit, fixedWindow } from '@headgate/core'
 *
 * const rule = compileLimit(fixedWindow({ limit: 1, window: '1s' })).ruleAt(0)
 * createModel().decideSync([{ scope: 'a', id: 'b', rule, cost: 2 }], 0).results[0]?.allowed // false
 * ```
 */
export function createModel(): SyncStore {
  const states = new Map<string, State>()
  const clock = systemClock()

  const run = (on: readonly Key[], apply: (before: (State | undefined)[]) => Applied): Outcome => {
    const keys = on.map(encodeKey)
    const { outcome, writes } = apply(keys.map((key) => states.get(key)))
    for (const [i, key] of keys.entries()) {
      const write = writes[i]
      if (write) states.set(key, { units: write.units, cells: Array.from(write.cells) })
    }
    return outcome
  }

  const model: SyncStore = {
    name: 'model',
    clock,
    decideSync: (checks, now: Micros = clock.now()) =>
      run(checks, (before) => applyChecks(checks, before, now)),
    adjustSync: (changes, now: Micros = clock.now()) =>
      run(changes, (before) => applyAdjustments(changes, before, now)),
    deleteSync: (keys) => {
      for (const key of keys) states.delete(encodeKey(key))
    },
    decide: async (checks, now) => model.decideSync(checks, now),
    adjust: async (changes, now) => model.adjustSync(changes, now),
    delete: async (keys) => model.deleteSync(keys),
    close: async () => states.clear(),
  }
  return model
}
