/** Counts distinct strings in 16 KiB, to about 0.8 %: HyperLogLog with 2^14 registers. */
export interface Distinct {
  add(text: string): void
  estimate(): number
}

const BITS = 14
const REGISTERS = 2 ** BITS
const BIAS = 0.7213 / (1 + 1.079 / REGISTERS)

/** @see {@link Distinct} */
export function createDistinct(): Distinct {
  const registers = new Uint8Array(REGISTERS)
  return {
    add(text) {
      const register = hash(text, 0x9e3779b9) >>> (32 - BITS)
      const rank = Math.clz32(hash(text, 0x85ebca6b)) + 1
      if (rank > (registers[register] as number)) registers[register] = rank
    },
    estimate() {
      let sum = 0
      let empty = 0
      for (const rank of registers) {
        sum += 2 ** -rank
        if (rank === 0) empty++
      }
      const raw = (BIAS * REGISTERS * REGISTERS) / sum
      // With many registers empty, their number says more than their ranks.
      return Math.round(raw <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : raw)
    },
  }
}

/** 32 well-mixed bits: FNV-1a over code units, finished as in MurmurHash3. */
function hash(text: string, seed: number): number {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
