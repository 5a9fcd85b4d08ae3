import { invalidOption } from '@headgate/core'
import type { Address } from './address.ts'
import { parseRange, type Range } from './range.ts'

/** Addresses and networks, asked whether they hold an address. */
export interface AddressList {
  has(address: Address): boolean
}

/**
 * A list of addresses and networks in CIDR notation, IPv4 and IPv6: for allow and deny lists. `0.0.0.0/0` is all of IPv4 and
 * `::/0` all of IPv6; neither holds the other. An answer takes a binary search, so a list may be long.
 *
 * @param option the name of the option that the ranges come from, for errors
 * @throws {@link HeadgateError} `INVALID_OPTION` for what isn't an address or a network, and for a network with bits set
 * after its prefix (`10.1.2.3/8`): either part may be the mistake
 * @example
 * ```ts
 * import { createAddressList, parseAddress } from '@headgate/http'
 *
 * const internal = createAddressList(['10.0.0.0/8', 'fd00::/8', '192.0.2.7'], 'allow')
 * const address = parseAddress('10.1.2.3')
 * console.log(address !== undefined && internal.has(address)) // true
 * ```
 */
export function createAddressList(ranges: readonly string[], option: string): AddressList {
  if (!Array.isArray(ranges)) {
    throw invalidOption(option, ranges, 'a list of addresses and networks', 'Put it into an array')
  }
  const parsed = Array.from(ranges, (range: unknown) => parseRange(range, option))
  const ipv4 = outermost(parsed.filter(({ version }) => version === 4))
  const ipv6 = outermost(parsed.filter(({ version }) => version === 6))
  return {
    has({ version, groups }) {
      const sorted = version === 4 ? ipv4 : ipv6
      let low = 0
      let high = sorted.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (compare((sorted[middle] as Range).groups, groups) <= 0) low = middle + 1
        else high = middle
      }
      const before = sorted[low - 1]
      return before !== undefined && holds(before, groups)
    },
  }
}

/** In order, without those that lie in others: two networks are nested or apart, so the last that starts before an address decides. */
function outermost(ranges: Range[]): readonly Range[] {
  const kept: Range[] = []
  for (const range of ranges.sort((a, b) => compare(a.groups, b.groups) || a.prefix - b.prefix)) {
    const last = kept.at(-1)
    if (last === undefined || !holds(last, range.groups)) kept.push(range)
  }
  return kept
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

function holds({ groups: network, prefix }: Range, groups: readonly number[]): boolean {
  for (let i = 0; i < network.length && prefix > 16 * i; i++) {
    const unused = Math.max(0, 16 * (i + 1) - prefix)
    if (((network[i] as number) ^ (groups[i] as number)) >>> unused !== 0) return false
  }
  return true
}
