import { loadCompetitor } from '../competitors/index.ts'
import { keyOf } from '../keys.ts'
import type { Prepare } from './seat.ts'

export interface BytesTask {
  readonly competitor: string
  readonly keys: number
}

export interface Bytes {
  /** What the limiter holds for each key. */
  readonly perKey: number
  /** What the key's own string takes, which the caller holds too. */
  readonly perString: number
}

/** Each key has taken one of ten units, so that there is something to remember of every one. */
const UNITS = 10

export const prepare: Prepare<BytesTask, Bytes> = async ({ competitor, keys }) => {
  const make = await loadCompetitor(competitor)
  return async () => {
    const empty = heldBytes()
    const strings = Array.from({ length: keys }, (_, n) => keyOf(n))
    const before = heldBytes()
    const loop = make({ units: UNITS, keys })
    const each = (i: number): string => strings[i] as string
    const first = await loop(each, 0, keys)
    const after = heldBytes()
    // Asked again after measuring: what was measured was in use, and it knew every key.
    const rest = (await loop(each, 0, 1)) + (await loop(() => each(0), 0, UNITS))
    if (first !== keys || rest !== UNITS - 1) throw new Error(`allowed ${first} of ${keys}, then ${rest}`)
    return { perKey: (after - before) / keys, perString: (before - empty) / keys }
  }
}

/** The heap and, outside it, the contents of array buffers, after what can be collected was collected. */
function heldBytes(): number {
  if (globalThis.gc === undefined) throw new Error('bytes are measured with --expose-gc')
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
