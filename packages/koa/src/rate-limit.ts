import type { Decision } from '@headgate/core'
import {
  createGuard,
  type Guard,
  type GuardOptions,
  nodeHost,
  settleWhenSent,
  type Verdict,
} from '@headgate/http'
import type { Context, DefaultState, Middleware, Next } from 'koa'

/** What `ctx.state` then holds. */
export interface RateLimitState {
  /** What the last guard decided; undefined where it counted nothing. */
  rateLimit?: Decision | undefined
}

/** A middleware, and the guard behind it. */
export type RateLimit<Name extends string> = Middleware<DefaultState & RateLimitState> & {
  readonly guard: Guard<Context, Name>
}

const host = nodeHost<Context>((ctx) => ctx.req)

/**
 * Rate limits as a middleware. A denial is answered here; what the store fails with is thrown as any error, unless `failure` is
 * declared.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, or as a limit's constructor does
 * @example
 * ```ts
 * import { tokenBucket } from '@headgate/core'
 * import { rateLimit } from '@headgate/koa'
 * import { memoryStore } from '@headgate/memory'
 * import Koa from 'koa'
 *
 * const app = new Koa()
 * app.use(rateLimit({ store: memoryStore(), limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) } }))
 * app.use((ctx) => {
 *   ctx.body = `${ctx.state['rateLimit']?.remaining} left`
 * })
 * ```
 */
export function rateLimit<Name extends string>(options: GuardOptions<Context, Name>): RateLimit<Name> {
  const guard = createGuard(host, options)

  // Not async: what comes next is a promise already, and Koa makes one of what is thrown.
  const middleware: Middleware<DefaultState & RateLimitState> = (ctx, next) => {
    const verdict = guard.check(ctx)
    return verdict instanceof Promise
      ? verdict.then((later) => goOn(later, ctx, next))
      : goOn(verdict, ctx, next)
  }
  return Object.assign(middleware, { guard })
}

function goOn(
  { fields, reply, decision, settle }: Verdict,
  ctx: Context,
  next: Next,
): Promise<void> | undefined {
  ctx.state['rateLimit'] = decision
  // What ctx.set() comes to, which is as silent where it is too late.
  if (!ctx.res.headersSent) for (const field of fields) ctx.res.setHeader(field[0], field[1])
  if (reply === undefined) {
    if (settle !== undefined) settleWhenSent(ctx.res, settle)
    return next()
  }
  ctx.status = reply.status
  ctx.body = reply.body
  return undefined
}
