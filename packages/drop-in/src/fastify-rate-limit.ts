import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import type { Store } from '@headgate/core'
import { type Count, type Counter, createCounter, type DropInOptions, msLeft } from './counter.ts'

export type { DropInOptions } from './counter.ts'

/** What the plugin hands to a store: its own options, or for a child those of a route. (Its types tell less.) */
interface Params {
  readonly continueExceeding?: boolean
  readonly exponentialBackoff?: boolean
  readonly routeInfo?: { readonly method?: string | readonly string[]; readonly url?: string }
}

type Callback = (error: Error | null, result?: { current: number; ttl: number }) => void

/**
 * A store class for @fastify/rate-limit that counts in any Headgate store. Routes with options of their own are counted by
 * themselves, as with the plugin's Redis store. `ban` and `skipOnError` are the plugin's and work as ever.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import rateLimit from '@fastify/rate-limit'
 * import { fastifyRateLimitStore } from '@headgate/drop-in/fastify-rate-limit'
 * import { memoryStore } from '@headgate/memory'
 * import fastify from 'fastify'
 *
 * const app = fastify()
 * await app.register(rateLimit, { max: 100, timeWindow: '1 minute', store: fastifyRateLimitStore(memoryStore()) })
 * ```
 */
export function fastifyRateLimitStore(
  store: Store,
  { prefix: own = 'fastify-rate-limit' }: DropInOptions = {},
): FastifyRateLimitStoreCtor {
  createCounter(store, own) // Misuse is refused here, not when the plugin is registered.
  // A class, since the plugin calls it with `new`.
  return class HeadgateStore implements FastifyRateLimitStore {
    readonly #params: Params
    readonly #prefix: string
    readonly #counter: Counter

    constructor(params: object, prefix = own) {
      this.#params = params
      this.#prefix = prefix
      this.#counter = createCounter(store, prefix)
    }

    incr(key: string, callback: Callback, timeWindow: number, max: number): void {
      answer(this.#hit(key, timeWindow, max), callback)
    }

    /** What `incr` would start from, without counting: for `createRateLimit` with `increment: false`. */
    read(key: string, callback: Callback): void {
      answer(this.#look(key), callback)
    }

    child(params: object): HeadgateStore {
      const { method, url } = (params as Params).routeInfo ?? {}
      return new HeadgateStore(params, `${this.#prefix}/${method ?? ''} ${url ?? ''}`)
    }

    async #look(key: string): Promise<Count> {
      return (await this.#counter.look([this.#counter.keyOf(key)]))[0]
    }

    async #hit(key: string, timeWindow: number, max: number): Promise<Count> {
      const seen = await this.#look(key)
      const restartMs = restartOf(this.#params, seen, timeWindow, max)
      return this.#counter.hit(seen, timeWindow, { restartMs })
    }
  }
}

/** For how long a key that exceeds is made to wait from now on, where it isn't just until the window ends. */
function restartOf(params: Params, { hits }: Count, timeWindow: number, max: number): number | undefined {
  const excess = hits + 1 - max
  if (hits === 0 || excess <= 0) return undefined
  if (params.continueExceeding) return timeWindow
  return params.exponentialBackoff ? timeWindow * 2 ** (excess - 1) : undefined
}

function answer(count: Promise<Count>, callback: Callback): void {
  count.then((own) => callback(null, { current: own.hits, ttl: own.hits > 0 ? msLeft(own) : 0 }), callback)
}
