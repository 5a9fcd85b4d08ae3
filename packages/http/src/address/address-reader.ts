import { invalidOption } from '@headgate/core'
import { type Address, IPV6_PREFIX, parseAddress } from './address.ts'
import { createAddressList } from './address-list.ts'
import { forwarded } from './forwarded.ts'
import { xForwardedFor } from './x-forwarded-for.ts'

/**
 * The proxies in front of this server: how many (1 to 32), or their addresses and networks (`["10.0.0.0/8", "fd00::/8"]`).
 * A number is only safe where nobody reaches this server past them; addresses always are.
 */
export type Proxies = number | readonly string[]

/** The fields that say what a proxy saw. */
export type ForwardedFieldName = 'x-forwarded-for' | 'forwarded'

/** How a client's address is found. */
export interface AddressOptions {
  /** None unless told: then the socket's address is the client's. */
  readonly proxies?: Proxies | undefined
  /** The field that the proxies write, `'x-forwarded-for'` unless told; `'forwarded'` is that of RFC 7239. They must append to it, or replace it. */
  readonly forwarded?: ForwardedFieldName | undefined
  /**
   * How many leading bits of an IPv6 address make one client, 32 to 128; 64 unless told. Where a translator puts all of IPv4
   * into one network (SIIT, NAT64), only 128 tells clients apart.
   */
  readonly ipv6Prefix?: number | undefined
}

/** Finds the client's address of a request. */
export interface AddressReader {
  /** The field to pass to `read`; undefined when no proxies are declared, since a client may write anything there. */
  readonly field: ForwardedFieldName | undefined
  /**
   * @param socket the address that the connection comes from
   * @param field the value of {@link AddressReader.field}; its lines, if there are more than one, joined by `", "`
   * @returns undefined when there is no address that can be believed
   */
  read(socket: string | undefined, field: string | undefined): Address | undefined
}

/** Nobody has more proxies; it bounds the walk where whoever writes the field is among the proxies' addresses. */
const MAX_PROXIES = 32

const FIELDS = { 'x-forwarded-for': xForwardedFor, forwarded }

/**
 * Finds clients' addresses: the socket's, or if proxies are declared, what the outermost of them saw.
 *
 * Each proxy appends the address that it was called from. So the walk goes from the socket leftwards through the field, from
 * proxy to proxy, and ends at the first address that isn't one. What stands to the left of that was written by the
 * client and is never looked at. An entry that can't be read (`unknown`, `_hidden`, nonsense) ends the walk as well: the
 * client is then whoever passed it on.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { createAddressReader } from '@headgate/http'
 *
 * const reader = createAddressReader({ proxies: ['10.0.0.0/8'] })
 * reader.read('10.0.0.1', '6.6.6.6, 192.0.2.7, 10.0.0.2')?.key // '192.0.2.7'
 * reader.read('192.0.2.9', '6.6.6.6')?.key // '192.0.2.9': not a proxy of ours
 * ```
 */
export function createAddressReader(options: AddressOptions = {}): AddressReader {
  const { proxies, forwarded: name, ipv6Prefix = IPV6_PREFIX } = options
  if (!Number.isInteger(ipv6Prefix) || ipv6Prefix < 32 || ipv6Prefix > 128) {
    const fix = 'Use 64 for one client per network, 56 or 48 per site, 128 per address'
    throw invalidOption('ipv6Prefix', ipv6Prefix, 'a whole number from 32 to 128', fix)
  }
  if (name !== undefined && !Object.hasOwn(FIELDS, name)) {
    const fix = 'Name the field that your proxies write'
    throw invalidOption('forwarded', name, '"x-forwarded-for" or "forwarded"', fix)
  }
  if (proxies === undefined) {
    if (name !== undefined) {
      const fix = 'Declare the proxies that write it, or leave it out'
      throw invalidOption('forwarded', name, 'left out where no `proxies` are declared', fix)
    }
    return {
      field: undefined,
      read: (socket) => (socket === undefined ? undefined : parseAddress(socket, ipv6Prefix)),
    }
  }
  const isProxy = recognize(proxies)
  const field = name ?? 'x-forwarded-for'
  const { startOf, read } = FIELDS[field]
  return {
    field,
    read(socket, value = '') {
      let client = socket === undefined ? undefined : parseAddress(socket, ipv6Prefix)
      let end = value.length
      for (let hop = 0; end > 0 && isProxy(client, hop); hop++) {
        const start = startOf(value, end)
        const address = start < 0 ? undefined : read(value, start, end, ipv6Prefix)
        if (address === undefined) break
        client = address
        end = start - 1
      }
      return client
    },
  }
}

/** Whether what stands `hop` places left of the socket is a proxy of ours. */
function recognize(proxies: Proxies): (address: Address | undefined, hop: number) => boolean {
  if (typeof proxies === 'number' && Number.isInteger(proxies) && proxies >= 1 && proxies <= MAX_PROXIES) {
    return (_, hop) => hop < proxies
  }
  if (Array.isArray(proxies)) {
    const list = createAddressList(proxies, 'proxies')
    return (address, hop) => hop < MAX_PROXIES && address !== undefined && list.has(address)
  }
  const fix = 'Whoever trusts every proxy lets clients choose their address: say how many there are, or where'
  const expected = `a whole number from 1 to ${MAX_PROXIES}, or a list of addresses and networks`
  throw invalidOption('proxies', proxies, expected, fix)
}
