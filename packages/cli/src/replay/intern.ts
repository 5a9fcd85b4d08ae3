import { byteAt } from './bytes.ts'

/** Makes strings of bytes, and gives the same string for what it has seen lately without making it again. */
export type Intern = (bytes: Buffer, from: number, to: number) => string

const PLACES = 4_096
const LONGEST = 64

/**
 * A cache with one place per hash: callers come in bursts, and to compare a few bytes is cheaper than to decode and hash
 * them. Long keys are not kept.
 */
export function createIntern(): Intern {
  const strings = new Array<string>(PLACES).fill('')
  const lengths = new Uint8Array(PLACES)
  const kept = Buffer.alloc(PLACES * LONGEST)

  return (bytes, from, to) => {
    const length = to - from
    if (length > LONGEST) return bytes.toString('utf8', from, to)
    let hash = 0x811c9dc5
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ byteAt(bytes, at), 0x01000193)
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1)
    const start = place * LONGEST
    if (lengths[place] === length) {
      let same = 0
      while (same < length && kept[start + same] === bytes[from + same]) same++
      if (same === length) return strings[place] as string
    }
    const text = bytes.toString('utf8', from, to)
    strings[place] = text
    lengths[place] = length
    bytes.copy(kept, start, from, to)
    return text
  }
}
