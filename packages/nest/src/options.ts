import type { Decision } from '@headgate/core'
import type { GuardOptions, NodeRequest, RouteOptions } from '@headgate/http'
import type { FactoryProvider, ModuleMetadata } from '@nestjs/common'

/** What the requests of Express and Fastify have in common. */
export interface PlatformRequest extends NodeRequest {
  readonly method: string
  readonly url: string
  readonly ip?: string | undefined
  readonly body?: unknown
  /** What the guard decided; undefined where it counted nothing. */
  rateLimit?: Decision | undefined
}

/** Options of the module: those of a guard, and whether it guards all routes. `Request` is the platform's. */
export type RateLimitOptions<
  Request extends object = PlatformRequest,
  Name extends string = string,
> = GuardOptions<Request, Name> & {
  /** Whether all routes are limited. True unless told; else those with `@UseGuards(RateLimitGuard)`. */
  readonly global?: boolean
}

/** Options of the module that a factory makes. */
export interface RateLimitAsyncOptions<Request extends object = PlatformRequest, Name extends string = string>
  extends Pick<ModuleMetadata, 'imports'>,
    Pick<FactoryProvider<GuardOptions<Request, Name>>, 'inject' | 'useFactory'> {
  /** As {@link RateLimitOptions}: it is known before the factory runs. */
  readonly global?: boolean
}

/** What differs for a controller or a handler. */
export type RouteRateLimit<Request extends object = PlatformRequest> = RouteOptions<Request>
