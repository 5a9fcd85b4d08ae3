import { HeadgateError, type Subject } from '@headgate/core'
import { parseAddress } from './address/address.ts'
import { createAddressReader } from './address/address-reader.ts'
import type { GuardOptions } from './guard-options.ts'
import type { Host } from './host.ts'

/** How many of a guard's first requests are looked at: a wrong set-up shows at once, and what runs well isn't slowed. */
const FIRST_REQUESTS = 100

/** Looks for mistakes that only a request can show. Both throw. */
export interface Startup<Request> {
  /** Whether the first requests are through: then nobody need be asked. */
  readonly isOver: boolean
  /** @throws {@link HeadgateError} `GUARD_MOUNTED_TWICE` */
  met(request: Request): void
  /** @throws {@link HeadgateError} `FORWARDED_KEY` */
  told(request: Request, subject: Subject<string>, address: string | undefined): void
}

/** Checks of a guard's first requests. */
export function createStartup<Request extends object>(
  options: GuardOptions<Request>,
  host: Host<Request>,
  warn: (warning: Error) => void,
): Startup<Request> {
  const seen = new WeakSet<Request>()
  let requests = 0
  let warned = false

  const startup = {
    isOver: false,

    met(request: Request): void {
      if (seen.has(request)) {
        throw new HeadgateError({
          code: 'GUARD_MOUNTED_TWICE',
          message: 'A request met the same guard twice, and would be charged twice',
          fix: 'Mount it once, on the application or on the router',
        })
      }
      seen.add(request)
      requests += 1
      startup.isOver = requests >= FIRST_REQUESTS
    },

    told(request: Request, subject: Subject<string>, address: string | undefined): void {
      if (options.proxies !== undefined) return
      const claims = claimsOf(request, host)
      if (claims.length === 0) return
      const keys = typeof subject === 'string' ? [subject] : Object.values(subject)
      const own = parseAddress(address ?? host.address(request) ?? '')?.text
      const claim = claims.find((text) => text !== own && keys.some((key) => String(key).includes(text)))
      if (options.key !== undefined && claim !== undefined) {
        throw new HeadgateError({
          code: 'FORWARDED_KEY',
          option: 'key',
          value: claim,
          message: 'The key is an address from a field that any client can write, and no proxy is declared',
          fix: 'Declare `proxies`, and leave `key` to the guard or take the address from elsewhere',
        })
      }
      const isSocket = address === undefined && options.address === undefined
      if (options.key === undefined && isSocket && !warned) {
        warned = true
        warn(
          new HeadgateError({
            code: 'FORWARDED_KEY',
            option: 'proxies',
            message: 'A request says that it was forwarded, and no proxy is declared',
            fix: 'If the service stands behind a proxy, declare `proxies`: else all its clients are counted as one. If not, this was a client that pretends',
          }),
        )
      }
    },
  }
  return startup
}

const forwardedReader = createAddressReader({ proxies: 1, forwarded: 'forwarded' })

/** The addresses that a request's fields claim; of a long list the first ones. */
function claimsOf<Request>(request: Request, host: Host<Request>): string[] {
  const lists = ['x-forwarded-for', 'x-real-ip', 'cf-connecting-ip'].map(
    (name) => host.header(request, name) ?? '',
  )
  const listed = lists.flatMap((list) => list.slice(0, 1_000).split(','))
  const forwarded = forwardedReader.read(undefined, host.header(request, 'forwarded'))
  return [
    ...listed.flatMap((entry) => parseAddress(entry.trim())?.text ?? []),
    ...(forwarded ? [forwarded.text] : []),
  ]
}
