// biome-ignore-all lint/style/noNonNullAssertion: every index is in range by the sizes that the standard fixes
/** Round constants and the initial state of SHA-256: the fractional parts of roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3). */
const primes = firstPrimes(64)
const K = Uint32Array.from(primes, (p) => fraction(Math.cbrt(p)))
const H0 = Uint32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)))

/**
 * SHA-256 of a string's UTF-16 code units, as 64 hexadecimal digits.
 *
 * Here because ids must be shortened without a collision, synchronously and on any runtime: Web Crypto only answers later.
 * Code units rather than UTF-8, which would map every lone surrogate to the same bytes.
 */
export function sha256(text: string): string {
  const words = pad(text)
  const state = H0.slice()
  const w = new Uint32Array(64)
  for (let block = 0; block < words.length; block += 16) compress(state, words.subarray(block, block + 16), w)
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

function pad(text: string): Uint32Array {
  const bits = text.length * 16
  const words = new Uint32Array(Math.ceil((bits + 65) / 512) * 16)
  for (let i = 0; i < text.length; i++) words[i >> 1]! |= text.charCodeAt(i) << (i & 1 ? 0 : 16)
  words[bits >> 5]! |= 0x80000000 >>> (bits & 31)
  words[words.length - 2] = Math.floor(bits / 2 ** 32)
  words[words.length - 1] = bits
  return words
}

function compress(state: Uint32Array, block: Uint32Array, w: Uint32Array): void {
  w.set(block)
  for (let i = 16; i < 64; i++) {
    const s0 = rotate(w[i - 15]!, 7) ^ rotate(w[i - 15]!, 18) ^ (w[i - 15]! >>> 3)
    const s1 = rotate(w[i - 2]!, 17) ^ rotate(w[i - 2]!, 19) ^ (w[i - 2]! >>> 10)
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i]! += value
}

function rotate(x: number, by: number): number {
  return (x >>> by) | (x << (32 - by))
}

function fraction(x: number): number {
  return Math.floor((x % 1) * 2 ** 32)
}

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n)
  return found
}
