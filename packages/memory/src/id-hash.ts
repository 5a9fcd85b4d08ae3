import { MAX_SHORT_ID } from '@headgate/core'

/** Random numbers, 256 for each byte of the longest id. */
let numbers: Int32Array | undefined

/**
 * A hash of 32 bits of an id of at most `MAX_SHORT_ID` characters: for each place and each byte that can stand there, a
 * random number, and all of an id's numbers together by exclusive or (simple tabulation: Zobrist 1970, Pătraşcu and Thorup,
 * "The Power of Simple Tabulation Hashing", 2012, who show that linear probing by it takes constant time on any set of
 * keys). The numbers are drawn anew in each process, so nobody outside can choose ids that collide.
 */
export function hashOf(id: string): number {
  numbers ??= draw()
  const table = numbers
  let hash = 0
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    hash ^= table[(i << 9) | (code & 255)] as number
    if (code > 255) hash ^= table[(i << 9) | 256 | (code >> 8)] as number
  }
  return hash
}

/** Drawn when first needed: some edge runtimes give no random numbers before a request. */
function draw(): Int32Array {
  const drawn = new Int32Array(MAX_SHORT_ID * 512)
  // As many bytes as may be asked for at once.
  for (let from = 0; from < drawn.length; from += 16_384) {
    crypto.getRandomValues(drawn.subarray(from, from + 16_384))
  }
  return drawn
}
