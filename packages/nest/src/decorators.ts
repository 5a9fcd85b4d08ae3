import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import type { PlatformRequest, RouteRateLimit } from './options.ts'

/** Where a decorator leaves what differs: options, or false for no limits. */
export const RATE_LIMIT = 'headgate:rate-limit'

/**
 * Says what differs for a controller or a handler: that only these of the module's limits apply, or options over the module's.
 * A handler's decorator replaces its controller's. Limits of a controller's own are one count for all of its handlers.
 *
 * @throws {@link HeadgateError} when the application starts: `UNKNOWN_LIMIT`, `INVALID_OPTION`, or as a limit's constructor does
 * @example
 * ```ts
 * import { fixedWindow } from '@headgate/core'
 * import { RateLimit } from '@headgate/nest'
 *
 * export const LogInLimit = RateLimit('burst', 'login') // then `@LogInLimit` before a handler
 * export const ResetLimit = RateLimit({ limits: { reset: fixedWindow({ limit: 3, window: '1h' }) } })
 * ```
 */
export function RateLimit(...names: readonly string[]): ClassDecorator & MethodDecorator
export function RateLimit<Request extends object = PlatformRequest>(
  options: RouteRateLimit<Request>,
): ClassDecorator & MethodDecorator
export function RateLimit(
  ...given: readonly string[] | readonly [RouteRateLimit]
): ClassDecorator & MethodDecorator {
  const [first] = given
  return SetMetadata(
    RATE_LIMIT,
    typeof first === 'object' ? first : first === undefined ? {} : { limits: given },
  )
}

/** Leaves a controller or a handler without limits. `@RateLimit()` on a handler gives it the module's again. */
export function SkipRateLimit(): ClassDecorator & MethodDecorator {
  return SetMetadata(RATE_LIMIT, false)
}

/** A handler's parameter: what the guard decided, a `Decision`; undefined where it counted nothing. */
export const RateLimitDecision: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<PlatformRequest>().rateLimit,
)
