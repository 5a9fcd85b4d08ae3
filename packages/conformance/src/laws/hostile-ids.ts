import { compileLimit, fixedWindow, type Key } from '@headgate/core'
import { noShrink, record, subarray } from 'fast-check'
import { everyHostileKey } from '../arbitraries/keys.ts'
import { starts } from '../arbitraries/steps.ts'
import { expectThat } from '../figures.ts'
import { type Law, law } from '../law.ts'

const once = fixedWindow({ limit: 1, window: '1h' })
const numbers = everyHostileKey('').map((_, i) => i)

/** Each program asks about every key, so a few say it all. */
const PROGRAMS = 4

export const hostileIdsAreKeptApart: Law = law(
  'hostile ids are kept apart',
  'Every id that has been trouble somewhere is a subject of its own: counted, remembered and reset by itself.',
  // A smaller program would say no more: the keys that were confused are named.
  noShrink(record({ start: starts, reset: subarray(numbers) })),
  async (store, { start, reset }, run) => {
    const keys = everyHostileKey(run)
    const rule = compileLimit(once).ruleAt(start)
    const takeEach = async (): Promise<boolean[]> => {
      const outcomes = await Promise.all(keys.map((key) => store.decide([{ ...key, rule, cost: 1 }], start)))
      return outcomes.map(({ results }) => results[0]?.allowed === true)
    }

    const first = await takeEach()
    expectNone(
      keys.filter((_, i) => !first[i]),
      'taken for others',
    )
    const second = await takeEach()
    expectNone(
      keys.filter((_, i) => second[i]),
      'forgotten',
    )
    const chosen = new Set(reset)
    await Promise.all(reset.map((i) => store.delete([keys[i] as Key])))
    const third = await takeEach()
    expectNone(
      keys.filter((_, i) => chosen.has(i) && !third[i]),
      'not reset',
    )
    expectNone(
      keys.filter((_, i) => !chosen.has(i) && third[i]),
      'reset along with others',
    )
  },
  { most: PROGRAMS },
)

function expectNone(keys: readonly Key[], what: string): void {
  const names = keys.slice(0, 5).map((key) => JSON.stringify(key).slice(0, 120))
  expectThat(keys.length === 0, `${keys.length} keys were ${what}: ${names.join(', ')}`)
}
