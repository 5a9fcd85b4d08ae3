/** ASCII codes of the characters that logs are made of. */
export const TAB = 9
export const NEWLINE = 10
export const RETURN = 13
export const SPACE = 32
export const QUOTE = 34
export const PLUS = 43
export const COMMA = 44
export const DASH = 45
export const DOT = 46
export const SLASH = 47
export const ZERO = 48
export const NINE = 57
export const COLON = 58
export const OPEN_BRACKET = 91
export const BACKSLASH = 92
export const CLOSE_BRACKET = 93
export const LOWER_N = 110
export const LOWER_T = 116
export const LOWER_Z = 122
export const OPEN_BRACE = 123
export const CLOSE_BRACE = 125

/** The byte at a place within the bytes. */
export function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] as number
}

/** The first place of a byte from `from` on, before `to`; or -1. Unlike `indexOf` it never reads past `to`. */
export function findByte(bytes: Buffer, byte: number, from: number, to: number): number {
  for (let at = from; at < to; at++) if (bytes[at] === byte) return at
  return -1
}

/** Where the digits that stand at `from` end. */
export function digitsEnd(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to) {
    const byte = byteAt(bytes, at)
    if (byte < ZERO || byte > NINE) break
    at++
  }
  return at
}
