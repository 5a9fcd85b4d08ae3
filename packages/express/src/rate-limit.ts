import type { Decision } from '@headgate/core'
import { carryOut, createGuard, type Guard, type GuardOptions, nodeHost, type Verdict } from '@headgate/http'
import type { NextFunction, Request, RequestHandler, Response } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** What the last guard decided; undefined where it counted nothing. */
      rateLimit?: Decision
    }
  }
}

/** A middleware, and the guard behind it. */
export type RateLimit<Name extends string> = RequestHandler & { readonly guard: Guard<Request, Name> }

const host = nodeHost<Request>()

/**
 * Rate limits as a middleware, for an application, a router or a route. A denial is answered here; what the store fails with goes
 * to the error handlers, unless `failure` is declared.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, or as a limit's constructor does
 * @example
 * ```ts
 * import { tokenBucket } from '@headgate/core'
 * import { rateLimit } from '@headgate/express'
 * import { memoryStore } from '@headgate/memory'
 * import express from 'express'
 *
 * const app = express()
 * app.use(rateLimit({ store: memoryStore(), limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) } }))
 * app.get('/', (request, response) => void response.send(`${request.rateLimit?.remaining} left`))
 * ```
 */
export function rateLimit<Name extends string>(options: GuardOptions<Request, Name>): RateLimit<Name> {
  const guard = createGuard(host, options)

  const handler = (request: Request, response: Response, next: NextFunction): void => {
    // What is thrown at once reaches the error handlers by itself.
    const verdict = guard.check(request)
    if (verdict instanceof Promise) verdict.then((later) => goOn(later, request, response, next)).catch(next)
    else goOn(verdict, request, response, next)
  }
  return Object.assign(handler, { guard })
}

function goOn(verdict: Verdict, request: Request, response: Response, next: NextFunction): void {
  if (verdict.decision !== undefined) request.rateLimit = verdict.decision
  if (carryOut(verdict, response)) next()
}
