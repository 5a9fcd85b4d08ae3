import type { Decision } from '@headgate/core'
import {
  createGuard,
  createRouteOptions,
  type Guard,
  type GuardOptions,
  nodeHost,
  type RouteOptions,
  settleWhenSent,
  type Verdict,
} from '@headgate/http'
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction,
} from 'fastify'
import plugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the last guard decided; undefined where it counted nothing. */
    readonly rateLimit: Decision | undefined
  }
  interface FastifyContextConfig {
    /** What differs for this route: options of its own, or `false` for no limits. */
    headgate?: RouteRateLimit | false
  }
}

/** What differs for a route. Limits of its own are counted under its method and path unless there is a `name`. */
export type RouteRateLimit = RouteOptions<FastifyRequest>

/** Options of the plugin: those of a guard, and when it asks. */
export type RateLimitOptions = GuardOptions<FastifyRequest> & {
  /** `"onRequest"` unless told; a later hook where the key is known only then, say after authentication. */
  readonly hook?: 'onRequest' | 'preValidation' | 'preHandler'
  /** Whether routes are limited that don't say so. True unless told. */
  readonly global?: boolean
}

/** Where a request's decision is kept, for the getter `rateLimit`; the same for every copy of this package. */
const DECISION = Symbol.for('headgate.decision')

interface Decided extends FastifyRequest {
  [DECISION]?: Decision
}

/** What Fastify prints where there is no route. */
const NO_ROUTES = '(empty tree)'

const host = nodeHost<FastifyRequest>((request) => request.raw)

/**
 * Rate limits as a plugin, for the context in which it is registered and those within it. A route says by `config.headgate`
 * what differs for it. What the store fails with goes to the error handler, unless `failure` is declared.
 *
 * @throws {@link HeadgateError} when registered: `INVALID_OPTION`, or as a limit's constructor does
 * @example
 * ```ts
 * import { fixedWindow, tokenBucket } from '@headgate/core'
 * import { rateLimit } from '@headgate/fastify'
 * import { memoryStore } from '@headgate/memory'
 * import fastify from 'fastify'
 *
 * const app = fastify()
 * await app.register(rateLimit, {
 *   store: memoryStore(),
 *   limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) },
 * })
 * app.get('/', async (request) => `${request.rateLimit?.remaining} left`)
 * const strict = { limits: { login: fixedWindow({ limit: 5, window: '15m' }) } }
 * app.post('/login', { config: { headgate: strict } }, async () => 'welcome')
 * app.get('/health', { config: { headgate: false } }, async () => 'ok')
 * ```
 */
export const rateLimit: FastifyPluginAsync<RateLimitOptions> = plugin(register, {
  fastify: '5.x',
  name: '@headgate/fastify',
})

async function register(
  app: FastifyInstance,
  { hook = 'onRequest', global = true, ...options }: RateLimitOptions,
): Promise<void> {
  const shared = createGuard(host, options)
  const optionsOf = createRouteOptions(options)
  const ofRoutes = new Map<RouteRateLimit, Guard<FastifyRequest>>()
  const add = (own: RouteRateLimit, place: string): Guard<FastifyRequest> => {
    const guard = ofRoutes.get(own) ?? createGuard(host, optionsOf(own, place))
    ofRoutes.set(own, guard)
    return guard
  }
  // To ask for a request's route makes an object of all its options: only where some route may differ. Those that were declared
  // before the plugin aren't known to it.
  let mayDiffer = app.printRoutes() !== NO_ROUTES
  const guardOf = (request: FastifyRequest): Guard<FastifyRequest> | undefined => {
    const routeOptions = mayDiffer ? request.routeOptions : undefined
    const own = routeOptions?.config?.headgate
    if (routeOptions === undefined || own === undefined) return global ? shared : undefined
    return own === false ? undefined : (ofRoutes.get(own) ?? add(own, placeOf(routeOptions)))
  }

  if (!app.hasRequestDecorator('rateLimit')) {
    // A getter on the prototype: a value would be written into each request beforehand.
    app.decorateRequest('rateLimit', {
      getter(this: Decided) {
        return this[DECISION]
      },
    })
  }
  app.addHook('onRoute', (route) => {
    const own = route.config?.headgate
    if (own !== undefined) mayDiffer = true
    if (own) add(own, placeOf(route))
  })
  app.addHook(hook, (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
    try {
      const verdict = guardOf(request)?.check(request)
      if (verdict === undefined) done()
      else if (verdict instanceof Promise)
        verdict.then((later) => goOn(later, request, reply, done)).catch(done)
      else goOn(verdict, request, reply, done)
    } catch (error) {
      done(error as Error)
    }
  })
}

function goOn(
  { decision, fields, reply: answer, settle }: Verdict,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  if (decision !== undefined) (request as Decided)[DECISION] = decision
  for (const field of fields) reply.header(field[0], field[1])
  if (answer !== undefined) {
    // As bytes: to a string of JSON Fastify would add a charset.
    reply.code(answer.status).send(Buffer.from(answer.body))
    return
  }
  if (settle !== undefined) settleWhenSent(reply.raw, settle)
  done()
}

/** Where a route is: the same in every process. */
function placeOf({
  method,
  url,
}: {
  readonly method: string | readonly string[]
  readonly url?: string | undefined
}): string {
  return `${method}${url}`
}
