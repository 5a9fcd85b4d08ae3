import { HeadgateError, type Subject } from '@headgate/core'
import type { Address } from './address/address.ts'
import { createAddressList } from './address/address-list.ts'
import { createAddressReader } from './address/address-reader.ts'
import { isSystemIPv4, parseIPv4 } from './address/ipv4.ts'
import type { GuardOptions } from './guard-options.ts'
import type { Host } from './host.ts'
import type { Maybe } from './maybe.ts'

/** Who a request is from. `address` is the address of the socket's other end, where the host isn't to be asked. */
export interface Identity<Request> {
  /** Whether the request's address is on a list: `"deny"` wins. Only where there are lists. */
  readonly listed?: (request: Request, address?: string) => 'allow' | 'deny' | undefined
  /** Under which key it is counted. @throws {@link HeadgateError} `ADDRESS_UNKNOWN` */
  subjectOf(request: Request, address?: string): Maybe<Subject<string>>
}

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function createIdentity<Request>(
  options: GuardOptions<Request>,
  host: Host<Request>,
): Identity<Request> {
  const { key, allowList, denyList, address: socketOf = host.address } = options
  const reader = createAddressReader(options)
  const isDirect = reader.field === undefined
  const isSystems = options.address === undefined
  const allowed = allowList && createAddressList(allowList, 'allowList')
  const denied = denyList && createAddressList(denyList, 'denyList')

  const addressOf = (request: Request, socket: string | undefined): Address => {
    const field = reader.field === undefined ? undefined : host.header(request, reader.field)
    const found = reader.read(socket, field)
    if (found !== undefined) return found
    throw new HeadgateError({
      code: 'ADDRESS_UNKNOWN',
      option: 'address',
      value: socket,
      message: 'The request has no address of a client',
      fix: 'Pass `address`, which says what the platform knows of the connection, or tell requests apart by another `key`',
    })
  }

  const listed = (request: Request, address?: string): 'allow' | 'deny' | undefined => {
    const found = addressOf(request, address ?? socketOf(request))
    if (denied?.has(found)) return 'deny'
    return allowed?.has(found) ? 'allow' : undefined
  }

  return {
    ...((allowed || denied) && { listed }),
    subjectOf:
      key ??
      ((request, address) => {
        const socket = address ?? socketOf(request)
        if (isDirect && socket !== undefined) {
          // An IPv4 address is its own key; what the system wrote need not even be read.
          const isUnread = isSystems && address === undefined
          if (isUnread ? isSystemIPv4(socket) : parseIPv4(socket, 0, socket.length) >= 0) return socket
        }
        return addressOf(request, socket).key
      }),
  }
}
