import { algorithmOf, type Outcome } from '@headgate/core'
import type { PlainCall } from './calls.ts'

/** How many statements in a row must have found nobody else: one may follow the one before so closely that nobody came between. */
const ENOUGH = 8

/** The key that had a statement to itself last. */
export interface HotKey {
  /** Is told of each such statement, when it is answered. */
  answered(call: PlainCall, outcomes: readonly Outcome[]): void
  /** Whether nobody but this process took from the key while its last statements there were under way. */
  isOurs(key: string): boolean
}

/**
 * States are whole numbers, and what becomes of them is exact: where a state is just what this process's own charges make of the
 * one before, nobody else was there.
 */
export function createHotKey(): HotKey {
  let last = ''
  let cells: readonly number[] = []
  let alone = 0

  return {
    answered({ places, plain: { key, rule, amount } }, outcomes) {
      const results = places.map((place) => outcomes[place]?.results[0])
      const taken = results.filter((result) => result?.allowed).length
      const found = Array.from(results.at(-1)?.cells ?? [])
      const expected = [...cells]
      algorithmOf(rule.meter).take(rule.meter, expected, 0, (found[0] ?? 0) * rule.meter.tick, taken * amount)
      alone = key === last && found.every((cell, i) => cell === expected[i]) ? alone + 1 : 0
      last = key
      cells = found
    },
    isOurs: (key) => alone >= ENOUGH && key === last,
  }
}
