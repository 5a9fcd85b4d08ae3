import { type Cost, invalidOption } from '@headgate/core'
import type { Host } from './host.ts'
import type { Maybe } from './maybe.ts'

type PriceOption<Request> =
  | undefined
  | number
  | { readonly [method: string]: number }
  | ((request: Request) => Maybe<Cost<string>>)

/** What requests cost. */
export interface Price<Request> {
  /** The cost, where it is the same for all. */
  readonly fixed?: number
  of(request: Request): Maybe<Cost<string>>
}

/**
 * What requests cost.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION` for a cost that isn't a whole number
 */
export function createPrice<Request>(cost: PriceOption<Request>, host: Host<Request>): Price<Request> {
  if (typeof cost === 'function') return { of: cost }
  if (typeof cost === 'object' && cost !== null) {
    const byMethod = new Map(
      Object.entries(cost).map(([method, units]) => [method.toUpperCase(), whole(units, `cost.${method}`)]),
    )
    return { of: (request) => byMethod.get(host.method(request)) ?? 1 }
  }
  const fixed = cost === undefined ? 1 : whole(cost, 'cost')
  return { fixed, of: () => fixed }
}

function whole(units: unknown, option: string): number {
  if (Number.isSafeInteger(units) && (units as number) >= 0) return units as number
  throw invalidOption(option, units, 'a whole number of at least 0', 'Round it up, or count in smaller units')
}
