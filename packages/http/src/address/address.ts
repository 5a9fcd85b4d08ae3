import { formatIPv4, parseIPv4 } from './ipv4.ts'
import { formatIPv6, parseIPv6 } from './ipv6.ts'

/** An address of the Internet, parsed. */
export interface Address {
  readonly version: 4 | 6
  /** The canonical text: `192.0.2.1`, or as RFC 5952 writes it, `2001:db8::1`. */
  readonly text: string
  /** What one client is counted under: an IPv4 address, or the network of an IPv6 address, such as `2001:db8:1:2::/64`. */
  readonly key: string
  /** The bits, 16 at a time from the left: two numbers for IPv4, eight for IPv6. */
  readonly groups: readonly number[]
}

/** What one client has at its command in IPv6: the smallest network that is given to a line. */
export const IPV6_PREFIX = 64

/**
 * Reads one address, in any spelling that means the same to everyone: with a port (`192.0.2.1:4711`, `[2001:db8::1]:443`) or a
 * zone (`fe80::1%eth0`), which are left out. An IPv4-mapped address (`::ffff:192.0.2.1`) is the IPv4 address: that is how
 * a socket for both writes it. Other IPv6 addresses with an IPv4 address inside (NAT64, 6to4, `::192.0.2.1`) stay what
 * they are: they are routed as IPv6, and who sends from them need not own the IPv4 address.
 *
 * @param ipv6Prefix how many leading bits of an IPv6 address make one client's key: 1 to 128, 64 unless told
 * @returns undefined for all that isn't one address, such as `010.0.0.1` and `127.1`, which some read as other ones
 * @example
 * ```ts
 * import { parseAddress } from '@headgate/http'
 *
 * parseAddress('2001:DB8:1:2:0::1')?.key // '2001:db8:1:2::/64'
 * ```
 */
export function parseAddress(text: string, ipv6Prefix: number = IPV6_PREFIX): Address | undefined {
  return readAddress(text, 0, text.length, ipv6Prefix)
}

const PERCENT = 0x25
const COLON = 0x3a
const OPEN = 0x5b
const CLOSE = 0x5d

/** {@link parseAddress} of the text in `[start, end)`. */
export function readAddress(
  text: string,
  start: number,
  end: number,
  ipv6Prefix: number,
): Address | undefined {
  const plain = readIPv4(text, start, end)
  if (plain !== undefined) return plain
  if (text.charCodeAt(start) === OPEN) {
    const close = find(CLOSE, text, start, end)
    if (close === end || !isPort(text, close + 1, end)) return undefined
    return readIPv6(text, start + 1, close, ipv6Prefix)
  }
  const colon = find(COLON, text, start, end)
  const beforePort = readIPv4(text, start, colon)
  if (beforePort !== undefined) return isPort(text, colon, end) ? beforePort : undefined
  return readIPv6(text, start, end, ipv6Prefix)
}

function readIPv4(text: string, start: number, end: number): Address | undefined {
  const bits = parseIPv4(text, start, end)
  if (bits < 0) return undefined
  // A part is a view that keeps the whole text in memory, and so would a key: of a long field it is written anew.
  return ipv4(bits, text.length <= 64 ? text.slice(start, end) : formatIPv4(bits))
}

function readIPv6(text: string, start: number, end: number, ipv6Prefix: number): Address | undefined {
  // How a socket for both versions writes IPv4, taken first because it is so common.
  const mapped = text.startsWith('::ffff:', start) ? readIPv4(text, start + 7, end) : undefined
  if (mapped !== undefined) return mapped
  const percent = find(PERCENT, text, start, end)
  if (percent < end && !ZONE.test(text.slice(percent + 1, end))) return undefined
  const groups = parseIPv6(text, start, percent)
  if (groups === undefined) return undefined
  const bits = mappedIPv4(groups)
  if (bits >= 0) return ipv4(bits, formatIPv4(bits))
  const key = `${formatIPv6(networkOf(groups, ipv6Prefix))}/${ipv6Prefix}`
  return { version: 6, text: formatIPv6(groups), key, groups }
}

function ipv4(bits: number, text: string): Address {
  return { version: 4, text, key: text, groups: [bits >>> 16, bits & 0xffff] }
}

/** The IPv4 address in `::ffff:0:0/96`, or −1. */
function mappedIPv4(groups: readonly number[]): number {
  for (let i = 0; i < 5; i++) if (groups[i] !== 0) return -1
  return groups[5] === 0xffff ? (groups[6] as number) * 65_536 + (groups[7] as number) : -1
}

/** The groups with all bits after the first `prefix` cleared. */
export function networkOf(groups: readonly number[], prefix: number): number[] {
  const network = groups.slice()
  for (let i = prefix >> 4; i < groups.length; i++) {
    const kept = Math.max(0, prefix - 16 * i)
    network[i] = (groups[i] as number) & (0xffff << (16 - kept))
  }
  return network
}

const ZONE = /^[\w.~-]{1,64}$/
/** Nothing, digits, or what RFC 7239 calls an obfuscated port. */
const PORT = /^(?::(?:\d{1,5}|_[\w.-]{1,64}))?$/

function isPort(text: string, start: number, end: number): boolean {
  return start === end || PORT.test(text.slice(start, end))
}

/** Where the character first stands in `[start, end)`, or `end`. */
function find(code: number, text: string, start: number, end: number): number {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) === code) return i
  return end
}
