import { HeadgateError } from '@headgate/core'
import { createGuard, createRouteOptions, type Guard, type GuardOptions, nodeHost } from '@headgate/http'
import { type ExecutionContext, Logger, type OnModuleInit } from '@nestjs/common'
import type { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core'
import { RATE_LIMIT } from './decorators.ts'
import type { RouteRateLimit } from './options.ts'

/** The token of {@link RouteGuards}. */
export const ROUTE_GUARDS: unique symbol = Symbol('headgate:route-guards')

type Controller = ReturnType<ExecutionContext['getClass']>
type Handler = ReturnType<ExecutionContext['getHandler']>

/** Which guard is asked for which route. */
export interface RouteGuards extends OnModuleInit {
  /** That of the module, for routes that say nothing. */
  readonly shared: Guard<object>
  /** Undefined for a route without limits. */
  of(controller: Controller, handler: Handler): Guard<object> | undefined
}

const logger = new Logger('RateLimitModule')

/**
 * Makes the guards. Those of all controllers are made when the application starts, so that a mistake shows then.
 *
 * @throws {@link HeadgateError} as {@link createGuard} does; `onModuleInit` also `UNKNOWN_LIMIT`
 */
export function createRouteGuards(
  given: GuardOptions<object>,
  discovery: DiscoveryService,
  scanner: MetadataScanner,
  reflector: Reflector,
): RouteGuards {
  const options = { onWarning: (warning: Error) => logger.warn(warning.message), ...given }
  const host = nodeHost<object>()
  const optionsOf = createRouteOptions(options)
  const shared = createGuard(host, options)
  const known = new Map<Controller, Map<Handler, Guard<object> | undefined>>()

  /** `target` is a handler of the controller, or the controller itself for those of its handlers that say nothing. */
  const guardAt = (
    controller: Controller,
    target: Handler,
    name = target.name,
  ): Guard<object> | undefined => {
    const guards = known.get(controller) ?? new Map<Handler, Guard<object> | undefined>()
    known.set(controller, guards)
    if (guards.has(target)) return guards.get(target)
    const route = reflector.get<RouteRateLimit<object> | false | undefined>(RATE_LIMIT, target)
    const place = target === controller ? name : `${controller.name}.${name}`
    const ofController = () => (target === controller ? shared : guardAt(controller, controller))
    const guard = route === undefined ? ofController() : route ? make(route, place) : undefined
    guards.set(target, guard)
    return guard
  }

  const make = (route: RouteRateLimit<object>, place: string): Guard<object> => {
    if (Object.keys(route).length === 0) return shared
    try {
      return createGuard(host, optionsOf(route, place))
    } catch (error) {
      throw error instanceof HeadgateError ? mistakeAt(place, error) : error
    }
  }

  return {
    shared,
    of: (controller, handler) => known.get(controller)?.get(handler) ?? guardAt(controller, handler),
    onModuleInit() {
      for (const { metatype } of discovery.getControllers()) {
        if (!metatype) continue
        for (const method of scanner.getAllMethodNames(metatype.prototype)) {
          guardAt(metatype as Controller, metatype.prototype[method], method)
        }
      }
    },
  }
}

function mistakeAt(place: string, error: HeadgateError): HeadgateError {
  const { code, option, value, message } = error
  return new HeadgateError({
    code,
    ...(option !== undefined && { option }),
    value,
    message: `\`@RateLimit\` on ${place} can't be meant`,
    fix: message,
    cause: error,
  })
}
