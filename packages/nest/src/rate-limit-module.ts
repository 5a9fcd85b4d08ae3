import type { GuardOptions } from '@headgate/http'
import { type DynamicModule, Module, type ModuleMetadata, type Provider } from '@nestjs/common'
import {
  APP_GUARD,
  ApplicationConfig,
  DiscoveryModule,
  DiscoveryService,
  MetadataScanner,
  Reflector,
} from '@nestjs/core'
import type { PlatformRequest, RateLimitAsyncOptions, RateLimitOptions } from './options.ts'
import { RateLimitFilter } from './rate-limit-filter.ts'
import { RateLimitGuard } from './rate-limit-guard.ts'
import { createRouteGuards, ROUTE_GUARDS, type RouteGuards } from './route-guards.ts'

/** The token of the module's `Limiter`, say to `reset` a key: `@Inject(RATE_LIMITER)`. */
export const RATE_LIMITER: unique symbol = Symbol('headgate:rate-limiter')

const OPTIONS = Symbol('headgate:options')

/**
 * Rate limits for all routes of an application, on Express and on Fastify. Import it once, in the root module.
 * {@link RateLimit} and {@link SkipRateLimit} say what differs for a controller or a handler.
 *
 * @example
 * ```ts
 * import { fixedWindow, tokenBucket } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 * import { RateLimitModule } from '@headgate/nest'
 *
 * const rateLimit = RateLimitModule.forRoot({
 *   store: memoryStore(),
 *   limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }), hourly: fixedWindow({ limit: 500, window: '1h' }) },
 * })
 * ```
 */
// biome-ignore lint/complexity/noStaticOnlyClass: modules of Nest are classes
export class RateLimitModule {
  /** What is wrong with the options is an error when the application is created. */
  static forRoot<Request extends object = PlatformRequest, Name extends string = string>(
    options: RateLimitOptions<Request, Name>,
  ): DynamicModule {
    const { global = true, ...guard } = options
    return define(global, [], { provide: OPTIONS, useFactory: () => guard })
  }

  /** As {@link RateLimitModule.forRoot}, with options that a factory makes of what is injected. */
  static forRootAsync<Request extends object = PlatformRequest, Name extends string = string>({
    global = true,
    imports = [],
    inject = [],
    useFactory,
  }: RateLimitAsyncOptions<Request, Name>): DynamicModule {
    return define(global, imports, { provide: OPTIONS, inject, useFactory })
  }
}
Module({})(RateLimitModule)

function define(
  global: boolean,
  imports: NonNullable<ModuleMetadata['imports']>,
  options: Provider,
): DynamicModule {
  return {
    module: RateLimitModule,
    // `@UseGuards(RateLimitGuard)` makes a guard in the controller's own module, which must find what it needs.
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [
      options,
      {
        provide: ROUTE_GUARDS,
        inject: [OPTIONS, DiscoveryService, MetadataScanner, Reflector],
        useFactory: (
          given: GuardOptions<object>,
          ...services: [DiscoveryService, MetadataScanner, Reflector]
        ) => createRouteGuards(given, ...services),
      },
      {
        provide: RATE_LIMITER,
        inject: [ROUTE_GUARDS],
        useFactory: ({ shared }: RouteGuards) => shared.limiter,
      },
      {
        // Not as APP_FILTER: of those the last one is asked first. What is added while the application is made is behind all others.
        provide: RateLimitFilter,
        inject: [ApplicationConfig],
        useFactory: (config: ApplicationConfig) => {
          const filter = new RateLimitFilter()
          config.addGlobalFilter(filter)
          return filter
        },
      },
      RateLimitGuard,
      ...(global ? [{ provide: APP_GUARD, useExisting: RateLimitGuard }] : []),
    ],
    exports: [ROUTE_GUARDS, RATE_LIMITER, RateLimitGuard],
  }
}
