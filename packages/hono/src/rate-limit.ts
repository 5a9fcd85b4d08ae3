import type { Decision } from '@headgate/core'
import {
  createGuard,
  fetchHost,
  finishResponse,
  type Guard,
  type GuardOptions,
  type Host,
  replyWith,
} from '@headgate/http'
import type { Context, MiddlewareHandler } from 'hono'

/** The variable that a handler then finds. */
export interface RateLimitEnv {
  Variables: {
    /** What the last guard decided; undefined where it counted nothing. */
    rateLimit: Decision | undefined
  }
}

/** A middleware, and the guard behind it. */
export type RateLimit<Name extends string> = MiddlewareHandler<RateLimitEnv> & {
  readonly guard: Guard<Context, Name>
}

/** What @hono/node-server hands over beside the request. */
interface NodeBindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
}

const host: Host<Context> = {
  method: (c) => c.req.method,
  header: (c, name) => c.req.header(name),
  address: (c) => (c.env as NodeBindings | undefined)?.incoming?.socket?.remoteAddress,
  onGone: (c, listener) => fetchHost.onGone(c.req.raw, listener),
}

/**
 * Rate limits as a middleware. On Node the client's address is that of the socket; elsewhere say by `address` where the platform
 * tells it, or pass a `key`. A denial is answered here; what the store fails with goes to `app.onError`, unless `failure` is
 * declared.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, or as a limit's constructor does
 * @example
 * ```ts
 * import { tokenBucket } from '@headgate/core'
 * import { rateLimit } from '@headgate/hono'
 * import { memoryStore } from '@headgate/memory'
 * import { Hono } from 'hono'
 *
 * const limits = { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) }
 * const app = new Hono()
 *   .use(rateLimit({ store: memoryStore(), limits, address: (c) => c.req.header('cf-connecting-ip') }))
 *   .get('/', (c) => c.text(`${c.get('rateLimit')?.remaining} left`))
 * ```
 */
export function rateLimit<Name extends string>(options: GuardOptions<Context, Name>): RateLimit<Name> {
  const guard = createGuard(host, options)

  const middleware: MiddlewareHandler<RateLimitEnv> = async (c, next) => {
    const checked = guard.check(c)
    const verdict = checked instanceof Promise ? await checked : checked
    const { fields, reply, decision } = verdict
    c.set('rateLimit', decision)
    if (reply !== undefined) return replyWith(reply, fields)
    await next()
    // Only now: a handler that answers by a Response of its own leaves behind what was set before.
    const own = finishResponse(c.res, verdict)
    if (own !== c.res) c.res = own
    return undefined
  }
  return Object.assign(middleware, { guard })
}
