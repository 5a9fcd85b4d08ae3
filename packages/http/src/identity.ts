import { HeadgateError, type Subject } from '@headgate/core'
import type { Address } from './address/address.ts'
import { createAddressList } from './address/address-list.ts'
import { createAddressReader } from './address/address-reader.ts'
import type { GuardOptions } from './guard-options.ts'
import type { Host } from './host.ts'
import type { Maybe } from './maybe.ts'

/** Who a request is from. */
export interface Identity<Request> {
  /** Whether the request's address is on a list: `"deny"` wins. */
  listed(request: Request): 'allow' | 'deny' | undefined
  /** Under which key it is counted. @throws {@link HeadgateError} `ADDRESS_UNKNOWN` */
  subjectOf(request: Request): Maybe<Subject<string>>
  /** @throws {@link HeadgateError} `ADDRESS_UNKNOWN` */
  addressOf(request: Request): Address
}

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function createIdentity<Request>(
  options: GuardOptions<Request>,
  host: Host<Request>,
): Identity<Request> {
  const { key, allowList, denyList, address = host.address } = options
  const reader = createAddressReader(options)
  const allowed = allowList && createAddressList(allowList, 'allowList')
  const denied = denyList && createAddressList(denyList, 'denyList')

  const addressOf = (request: Request): Address => {
    const field = reader.field === undefined ? undefined : host.header(request, reader.field)
    const socket = address(request)
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

  return {
    addressOf,
    listed(request) {
      if (allowed === undefined && denied === undefined) return undefined
      const found = addressOf(request)
      if (denied?.has(found)) return 'deny'
      return allowed?.has(found) ? 'allow' : undefined
    },
    subjectOf: key ?? ((request) => addressOf(request).key),
  }
}
