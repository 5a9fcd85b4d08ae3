import { askAll, type Caller } from '../competitors/caller.ts'
import type { Sample } from '../interleave.ts'
import { chooseKeys } from '../keys.ts'
import type { Measure } from './seat.ts'

/** What callers ask, and what they must be answered. */
export interface Crowd {
  readonly call: Caller
  readonly keys: number
  /** How many decisions are under way at a time. */
  readonly together: number
  /** Whether each is allowed after the first of its key; the first is, always. */
  readonly allowed?: boolean
}

/** After so many questions the clock is read: reading it takes as long as some of the answers. */
const UNTIMED = 16

/** So many callers, each of whom asks again when it is answered. Every key has been asked for before anything is measured. */
export async function callers({ call, keys, together, allowed = true }: Crowd): Promise<Measure<Sample>> {
  const { each, asked } = chooseKeys({ keys, draw: 'uniform', fresh: false })

  let filled = 0
  const first = await askAll(call, together, () => (filled < keys ? each(filled++) : undefined))
  if (first !== keys) throw new Error(`allowed ${first} of ${keys} keys their first unit`)

  let place = 0
  return async (ms) => {
    let operations = 0
    let isOver = false
    const from = performance.now()
    const found = await askAll(call, together, () => {
      if (operations % UNTIMED === 0 && performance.now() - from >= ms) isOver = true
      return isOver ? undefined : asked(place + operations++)
    })
    const ns = (performance.now() - from) * 1e6
    const expected = allowed ? operations : 0
    if (found !== expected) throw new Error(`allowed ${found} of ${operations}, not ${expected}`)
    // The place in the sequence of questions is kept a small integer.
    place = (place + operations) % 2 ** 29
    return { operations, ns }
  }
}
