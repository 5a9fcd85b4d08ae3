import { invalidOption } from '@headgate/core'
import { type Address, networkOf, parseAddress } from './address.ts'
import { formatIPv4 } from './ipv4.ts'
import { formatIPv6 } from './ipv6.ts'

/** A network: all addresses of one version that start with the same `prefix` bits. */
export interface Range {
  readonly version: Address['version']
  readonly groups: readonly number[]
  readonly prefix: number
}

const EXPECTED = 'made of addresses and networks'
const FIX = 'Write each as "192.0.2.7", "10.0.0.0/8" or "2001:db8::/32", without port and zone'

/** An address without port and zone, and perhaps a prefix. */
const PATTERN = /^([\d.]+|[\da-f:]*:[\da-f:]*[\d.]*)(?:\/(0|[1-9]\d{0,2}))?$/i

/** Reads a network in CIDR notation, or an address, which is the network of itself. */
export function parseRange(text: unknown, option: string): Range {
  const [, base = '', digits] = (typeof text === 'string' && text.length <= 64 && PATTERN.exec(text)) || []
  const address = parseAddress(base)
  if (address === undefined) throw invalidOption(option, text, EXPECTED, FIX)
  const { version, groups } = address
  const width = version === 4 ? 32 : 128
  // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
  const mapped = version === 4 && base.includes(':')
  const prefix = digits === undefined ? width : Number(digits) - (mapped ? 96 : 0)
  if (prefix < 0 || prefix > width) {
    const [least, most] = mapped ? [96, 128] : [0, width]
    const fix = `Give a prefix from ${least} to ${most}, or leave it out for one address`
    throw invalidOption(option, text, EXPECTED, fix)
  }
  const network = networkOf(groups, prefix)
  if (network.some((group, i) => group !== groups[i])) {
    const fix = `Write "${format(network)}/${prefix}" for the network, or "${address.text}" for the address alone`
    throw invalidOption(option, text, 'made of networks without bits set after their prefix', fix)
  }
  return { version, groups, prefix }
}

function format(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups
  return groups.length === 2 ? formatIPv4(high * 65_536 + low) : formatIPv6(groups)
}
