import type { Sample } from '../interleave.ts'
import { chooseKeys } from '../keys.ts'
import type { Measure } from './seat.ts'

/** What callers ask, and what they must be answered. */
export interface Crowd {
  readonly take: (key: string) => Promise<boolean>
  readonly keys: number
  /** How many decisions are under way at a time. */
  readonly together: number
  /** Whether each is allowed after the first of its key; the first is, always. */
  readonly allowed?: boolean
  /** How many are asked and answered before anything is measured, so that what is measured is compiled. None unless told. */
  readonly warm?: number
}

/** So many callers, each of whom asks again when it is answered. Every key has been asked for before anything is measured. */
export async function callers({
  take,
  keys,
  together,
  allowed = true,
  warm = 0,
}: Crowd): Promise<Measure<Sample>> {
  const { each, asked } = chooseKeys({ keys, draw: 'uniform', fresh: false })
  const ask = async (key: string, expected: boolean): Promise<void> => {
    if ((await take(key)) !== expected) throw new Error(expected ? 'denied' : 'allowed')
  }
  for (let i = 0; i < keys; i += together) {
    await Promise.all(Array.from({ length: Math.min(together, keys - i) }, (_, n) => ask(each(i + n), true)))
  }

  let questions = 0
  const measure: Measure<Sample> = async (ms) => {
    const first = questions
    const from = performance.now()
    const call = async (): Promise<void> => {
      while (performance.now() - from < ms) await ask(asked(questions++), allowed)
    }
    await Promise.all(Array.from({ length: together }, call))
    return { operations: questions - first, ns: (performance.now() - from) * 1e6 }
  }
  while (questions < warm) await measure(50)
  return measure
}
