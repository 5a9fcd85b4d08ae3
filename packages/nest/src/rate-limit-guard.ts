import { type Guard, settleWhenSent, type Verdict } from '@headgate/http'
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common'
import type { PlatformRequest } from './options.ts'
import { type PlatformResponse, rawOf, setFields } from './platform-response.ts'
import { RateLimitedException } from './rate-limited-exception.ts'
import { ROUTE_GUARDS, type RouteGuards } from './route-guards.ts'

/**
 * Asks the limits of a route. The module makes it guard all routes; with `global: false` name it where it is to guard:
 * `@UseGuards(RateLimitGuard)`. What isn't HTTP (GraphQL, WebSockets, microservices) passes untouched.
 */
export class RateLimitGuard implements CanActivate {
  readonly #routes: RouteGuards

  constructor(routes: RouteGuards) {
    this.#routes = routes
  }

  /** The module's own: its limiter, and under which key a request is counted. */
  get guard(): Guard<object> {
    return this.#routes.shared
  }

  /** @throws {@link RateLimitedException} for a denial; and what the store fails with, unless `failure` is declared */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') return true
    // Not by switchToHttp(), which makes three functions for each request.
    const request = context.getArgByIndex<PlatformRequest>(0)
    const verdict = this.#routes.of(context.getClass(), context.getHandler())?.check(request)
    if (verdict === undefined) return true
    const response = context.getArgByIndex<PlatformResponse>(1)
    return verdict instanceof Promise
      ? verdict.then((later) => admit(later, request, response))
      : admit(verdict, request, response)
  }
}
// What decorators would do: these sources are plain JavaScript once their types are gone.
Injectable()(RateLimitGuard)
Inject(ROUTE_GUARDS)(RateLimitGuard, undefined, 0)

function admit(verdict: Verdict, request: PlatformRequest, response: PlatformResponse): true {
  const { decision, reply, settle } = verdict
  if (decision !== undefined) request.rateLimit = decision
  setFields(response, verdict)
  if (reply !== undefined) throw new RateLimitedException({ ...verdict, reply })
  if (settle !== undefined) settleWhenSent(rawOf(response), settle)
  return true
}
