import type { Address } from './address.ts'

/** How a field is read from its right end: what a client wrote stands on the left, and is never looked at. */
export interface ForwardedField {
  /** Where the entry that ends before `end` starts; −1 if it is too long to be one. Before it stands a comma, or nothing. */
  startOf(field: string, end: number): number
  /** The address that the entry in `[start, end)` says. */
  read(field: string, start: number, end: number, ipv6Prefix: number): Address | undefined
}

/** The start without optional white space. */
export function trimmedStart(text: string, start: number, end: number): number {
  let i = start
  while (i < end && isSpace(text.charCodeAt(i))) i++
  return i
}

/** The end without optional white space. */
export function trimmedEnd(text: string, start: number, end: number): number {
  let i = end
  while (i > start && isSpace(text.charCodeAt(i - 1))) i--
  return i
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
