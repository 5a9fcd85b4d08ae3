import { seeded, shuffle, zipf } from './random.ts'

/** Which keys are asked for. */
export interface KeyChoice {
  /** How many keys there are. All of them are in the table before anything is measured. */
  readonly keys: number
  readonly draw: 'uniform' | 'zipf'
  /** Whether each question builds its key anew, as a server does from a request, or reuses the string that was stored. */
  readonly fresh: boolean
}

/** Gives the key of the i-th question. */
export type KeyAt = (i: number) => string

const SEED = 7
const EXPONENT = 1.1
/** Questions before the sequence begins again, at most. */
const QUESTIONS = 2 ** 20

export function keyOf(n: number): string {
  return `user:${n}`
}

/** Every key once, for filling the table; and the questions of the measurement, drawn beforehand, the same for everyone. */
export function chooseKeys({ keys, draw, fresh }: KeyChoice): {
  readonly each: KeyAt
  readonly asked: KeyAt
} {
  const drawn = drawKeys(keys, draw)
  const mask = drawn.length - 1
  if (fresh) return { each: keyOf, asked: (i) => keyOf(drawn[i & mask] as number) }

  const strings = Array.from({ length: keys }, (_, n) => keyOf(n))
  const asked = Array.from(drawn, (n) => strings[n] as string)
  return { each: (i) => strings[i] as string, asked: (i) => asked[i & mask] as string }
}

function drawKeys(keys: number, draw: 'uniform' | 'zipf'): Int32Array {
  if (keys === 1) return Int32Array.of(0)
  const random = seeded(SEED)
  // A power of two, so that finding one's place costs a mask.
  const length = Math.min(QUESTIONS, 2 ** Math.ceil(Math.log2(keys * 4)))
  if (draw === 'uniform') return Int32Array.from({ length }, () => Math.floor(random() * keys))
  // Popular keys lie anywhere in the table, not side by side at its beginning.
  const places = shuffle(
    Int32Array.from({ length: keys }, (_, n) => n),
    random,
  )
  const rank = zipf(keys, EXPONENT, random)
  return Int32Array.from({ length }, () => places[rank()] as number)
}
