import { type Limits, tokenBucket } from '@headgate/core'
import { createGuard, type Guard, type GuardOptions, type Host } from '@headgate/http'
import { memoryStore } from '@headgate/memory'

/** A request that is nothing but what a host reads of one. */
export interface Plain {
  readonly method?: string
  readonly headers?: { readonly [name: string]: string | undefined }
  readonly address?: string
  readonly gone?: AbortSignal
}

const plainHost: Host<Plain> = {
  method: ({ method = 'GET' }) => method,
  header: ({ headers = {} }, name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
  address: ({ address }) => address,
  onGone({ gone }, listener) {
    gone?.addEventListener('abort', listener)
    return () => gone?.removeEventListener('abort', listener)
  },
}

/** Ten requests, and one more an hour. */
export const limits: Limits = { rate: tokenBucket({ capacity: 10, refill: 1, per: '1h' }) }

/** A guard of plain requests, over a store of its own unless told. */
export function guardOf(options: Partial<GuardOptions<Plain>> = {}): Guard<Plain> {
  return createGuard(plainHost, { store: memoryStore(), limits, ...options } as GuardOptions<Plain>)
}
