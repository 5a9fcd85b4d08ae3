import {
  BACKSLASH,
  byteAt,
  CLOSE_BRACE,
  COLON,
  COMMA,
  DASH,
  DOT,
  digitsEnd,
  LOWER_N,
  NINE,
  OPEN_BRACE,
  QUOTE,
  RETURN,
  SPACE,
  TAB,
  ZERO,
} from '../bytes.ts'
import { type Fields, MISSING, NULL, setSpan, setText, VALUE } from '../fields.ts'

/** A field's name, and the path that it is when no field has that very name. */
export interface JsonField {
  readonly name: string
  readonly path: readonly string[]
}

/** Reads the asked-for fields of a line; false if it is `JSON.parse`'s to say what the line is. */
export type Scan = (bytes: Buffer, from: number, to: number, fields: Fields) => boolean

/**
 * Makes a reader of the usual line (one flat object, no escapes) that makes none of its other values. The whole line is
 * checked: whatever is unusual, and whatever is wrong, answers false. What it does read is what `JSON.parse` would give.
 */
export function createScan(wanted: readonly JsonField[]): Scan {
  const names = wanted.map(({ name }) => Buffer.from(name))

  return (bytes, from, to, fields) => {
    for (let slot = 0; slot < names.length; slot++) fields.kind[slot] = MISSING
    let at = skipTo(OPEN_BRACE, bytes, from, to)
    if (at < 0) return false
    at = skipSpace(bytes, at + 1, to)
    if (at < to && bytes[at] === CLOSE_BRACE) return isRest(bytes, at + 1, to) && hasPaths(wanted, fields)

    for (;;) {
      at = skipTo(QUOTE, bytes, at, to)
      if (at < 0) return false
      const nameEnd = stringEnd(bytes, at + 1, to)
      if (nameEnd < 0) return false
      const slot = slotOf(bytes, at + 1, nameEnd, names)
      at = skipTo(COLON, bytes, nameEnd + 1, to)
      if (at < 0) return false
      at = readValue(bytes, at + 1, to, slot, fields)
      if (at < 0) return false
      if (at < to && bytes[at] === COMMA) {
        at++
        continue
      }
      at = skipSpace(bytes, at, to)
      if (at >= to) return false
      if (bytes[at] === CLOSE_BRACE) return isRest(bytes, at + 1, to) && hasPaths(wanted, fields)
      if (bytes[at] !== COMMA) return false
      at++
    }
  }
}

/** The place of a byte after any space; -1 if something else is there. */
function skipTo(byte: number, bytes: Buffer, from: number, to: number): number {
  if (from < to && bytes[from] === byte) return from
  const at = skipSpace(bytes, from, to)
  return at < to && bytes[at] === byte ? at : -1
}

/** Reads a plain value after any space, into a slot if that is ≥ 0. Gives its end, or -1. */
function readValue(bytes: Buffer, from: number, to: number, slot: number, fields: Fields): number {
  const at = skipSpace(bytes, from, to)
  if (at >= to) return -1
  const first = byteAt(bytes, at)
  if (first === QUOTE) {
    const end = stringEnd(bytes, at + 1, to)
    if (end < 0) return -1
    if (slot >= 0) setSpan(fields, slot, bytes, at + 1, end)
    return end + 1
  }
  if (first === DASH || (first >= ZERO && first <= NINE)) {
    const end = numberEnd(bytes, at, to)
    if (end >= 0 && slot >= 0) setNumber(fields, slot, bytes, at, end)
    return end
  }
  const end = wordEnd(bytes, at, to)
  if (end >= 0 && slot >= 0) {
    setSpan(fields, slot, bytes, at, end)
    fields.kind[slot] = first === LOWER_N ? NULL : VALUE
  }
  return end
}

function skipSpace(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to) {
    const byte = byteAt(bytes, at)
    if (byte > SPACE || (byte !== SPACE && byte !== TAB && byte !== RETURN)) break
    at++
  }
  return at
}

function isRest(bytes: Buffer, from: number, to: number): boolean {
  return skipSpace(bytes, from, to) === to
}

/** A path that isn't some field's own name leads into an object, and those aren't scanned. */
function hasPaths(wanted: readonly JsonField[], fields: Fields): boolean {
  for (let slot = 0; slot < wanted.length; slot++) {
    if (fields.kind[slot] === MISSING && (wanted[slot] as JsonField).path.length > 1) return false
  }
  return true
}

/** Bytes that end the plain part of a string: the quote, the backslash, and control characters, which JSON forbids. */
const STOPS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === BACKSLASH || byte < SPACE ? 1 : 0,
)

/** The closing quote of a string without escapes and control characters; else -1. */
function stringEnd(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to && STOPS[byteAt(bytes, at)] === 0) at++
  return at < to && bytes[at] === QUOTE ? at : -1
}

function slotOf(bytes: Buffer, from: number, to: number, names: readonly Buffer[]): number {
  for (let slot = 0; slot < names.length; slot++) {
    const name = names[slot] as Buffer
    if (name.length === to - from && isAt(name, bytes, from)) return slot
  }
  return -1
}

function isAt(part: Buffer, bytes: Buffer, at: number): boolean {
  for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false
  return true
}

/** The end of a number without an exponent by JSON's grammar; -1 if it is none. */
function numberEnd(bytes: Buffer, from: number, to: number): number {
  let at = byteAt(bytes, from) === DASH ? from + 1 : from
  const whole = digitsEnd(bytes, at, to)
  if (whole === at || (whole > at + 1 && byteAt(bytes, at) === ZERO)) return -1
  at = whole
  if (at < to && byteAt(bytes, at) === DOT) {
    const fraction = digitsEnd(bytes, at + 1, to)
    if (fraction === at + 1) return -1
    at = fraction
  }
  return at
}

/** A number as JavaScript prints it, which is how `JSON.parse` hands it on: `1.50` is `1.5`. */
function setNumber(fields: Fields, slot: number, bytes: Buffer, from: number, to: number): void {
  const plain = to - from <= 15 && byteAt(bytes, from) !== DASH && digitsEnd(bytes, from, to) === to
  if (plain) setSpan(fields, slot, bytes, from, to)
  else setText(fields, slot, String(Number(bytes.toString('latin1', from, to))))
}

const WORDS: readonly Buffer[] = ['true', 'false', 'null'].map((word) => Buffer.from(word))

/** The end of `true`, `false` or `null`; else -1. */
function wordEnd(bytes: Buffer, from: number, to: number): number {
  for (const word of WORDS) if (from + word.length <= to && isAt(word, bytes, from)) return from + word.length
  return -1
}
