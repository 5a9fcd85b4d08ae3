const DOT = 0x2e
const ZERO = 0x30
const COLON = 0x3a

/**
 * The 32 bits of the dotted decimal text in `[start, end)`, or −1. Strict: what some parsers take for octal, hexadecimal or a short
 * form (`010.0.0.1`, `0x7f.1`, `127.1`) names different machines to different parsers, so it names none here.
 */
export function parseIPv4(text: string, start: number, end: number): number {
  let value = 0
  let octet = -1
  let dots = 0
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) {
      if (octet < 0) return -1
      value = value * 256 + octet
      octet = -1
      dots++
      continue
    }
    const digit = code - ZERO
    if (digit < 0 || digit > 9 || octet === 0) return -1
    octet = octet < 0 ? digit : octet * 10 + digit
    if (octet > 255) return -1
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1
}

/**
 * Whether an address as the system writes it is IPv4, without reading it: a dot is among its first four characters. In IPv6
 * one is only in what ends with an IPv4 address, and of those `::1.2.3.4` alone has it so early.
 */
export function isSystemIPv4(text: string): boolean {
  const isEarly = text.charCodeAt(1) === DOT || text.charCodeAt(2) === DOT || text.charCodeAt(3) === DOT
  return isEarly && text.charCodeAt(0) !== COLON
}

/** Dotted decimal text of 32 bits. */
export function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}
