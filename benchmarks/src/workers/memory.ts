import { loadCompetitor } from '../competitors/index.ts'
import type { Sample } from '../interleave.ts'
import { chooseKeys, type KeyChoice } from '../keys.ts'
import type { Prepare } from './seat.ts'
import { timed } from './timed.ts'

export interface MemoryTask extends KeyChoice {
  readonly competitor: string
  readonly verdict: 'allow' | 'deny' | 'half'
}

/** More than a run can take, so that every answer is yes; or one, which is taken beforehand, so that every answer is no. */
const UNITS = { allow: 1_000_000_000, deny: 1 }
/** Half and half is two limiters, asked in turn. */
const SIDES = { allow: ['allow'], deny: ['deny'], half: ['allow', 'deny'] } as const
const BATCH = 1_000

export const prepare: Prepare<MemoryTask, Sample> = async (task) => {
  const { keys, verdict, competitor } = task
  const { each, asked } = chooseKeys(task)
  const make = await loadCompetitor(competitor)
  const sides = SIDES[verdict].map((side) => ({
    loop: make({ units: UNITS[side], keys }),
    yes: side === 'allow' ? BATCH : 0,
  }))
  for (const { loop } of sides) {
    const first = await loop(each, 0, keys)
    if (first !== keys) throw new Error(`allowed ${first} of ${keys} keys their first unit`)
  }

  let place = 0
  let turn = 0
  return async (ms) => {
    let allowed = 0
    let expected = 0
    const sample = await timed(ms, (before) => {
      const { loop, yes } = sides[turn++ % sides.length] as (typeof sides)[number]
      expected += yes
      const found = loop(asked, place + before, BATCH)
      if (typeof found === 'number') {
        allowed += found
        return BATCH
      }
      return found.then((count) => {
        allowed += count
        return BATCH
      })
    })
    // The place in the sequence of questions is kept a small integer.
    place = (place + sample.operations) % 2 ** 29
    if (allowed !== expected) throw new Error(`allowed ${allowed} of ${sample.operations}, not ${expected}`)
    return sample
  }
}
