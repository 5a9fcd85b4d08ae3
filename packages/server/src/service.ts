import { randomUUID } from 'node:crypto'
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { createMetrics } from '@headgate/prometheus'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { collectDefaultMetrics, Registry as MetricsRegistry } from 'prom-client'
import { asPlugin, type Parts } from './api/app.ts'
import { requireTokens } from './api/auth.ts'
import { watchConnections } from './api/connections.ts'
import { decisionRoutes } from './api/decision-routes.ts'
import { answerError, answerUnreadable, notFound, wrongInput } from './api/errors.ts'
import { gateRoutes, withoutForeignPath } from './api/gate-routes.ts'
import { dashboardRoutes, openRoutes } from './api/open-routes.ts'
import { planRoutes } from './api/plan-routes.ts'
import { subjectRoutes } from './api/subject-routes.ts'
import { usageRoutes } from './api/usage-routes.ts'
import { compileValidator } from './api/validate.ts'
import { watchRoutes } from './api/watch-routes.ts'
import { createDecider } from './decider.ts'
import { createLive } from './live.ts'
import { checkOptions, type ServiceOptions } from './options.ts'
import { openPlanBook } from './plan-book.ts'
import { createRehearsal } from './rehearsal.ts'
import { createTokens } from './tokens.ts'

/** Where a service listens. */
export interface ListenOptions {
  /** `"127.0.0.1"` unless told: this machine alone. */
  readonly host?: string
  /** 8787 unless told; 0 is any that is free. */
  readonly port?: number
}

/** Rate limits as a service over HTTP. */
export interface Service {
  /** Fastify's instance, for routes and hooks of your own before it listens. */
  readonly app: FastifyInstance
  /** Starts to listen; resolves with the address, such as `"http://127.0.0.1:8787"`. */
  listen(options?: ListenOptions): Promise<string>
  /** Takes no more, answers what is under way, and lets go. The store, the registry and the ledger are yours to close. */
  close(): Promise<void>
}

/** A question is short. */
const BODY_LIMIT = 65_536
/** Subjects are part of a path, and of some characters percent-encoding makes nine. */
const MAX_PARAM = 8_192
/** How long a request may take to come, in milliseconds: who begins one and doesn't end it must not keep the connection. */
const REQUEST_MS = 30_000
/** How long who is in the middle of a request may go on with it, in milliseconds, when the service closes. */
const ASK_MS = 1_000

/**
 * The service: decisions, management and usage over HTTP, metrics, and a dashboard.
 *
 * @throws HeadgateError, as a rejection: `INVALID_OPTION`; as `parseConfig` of plans does, for the seed and for what the registry
 *   holds; `STORE_FAILED` where the registry can't be read
 * @example
 * ```ts
 * import { memoryStore } from '@headgate/memory'
 * import { createService, memoryRegistry } from '@headgate/server'
 *
 * const service = await createService({
 *   store: memoryStore(),
 *   registry: memoryRegistry({ default: 'free', plans: { free: { rate: { limit: 60, per: '1m' } } } }),
 *   tokens: [{ name: 'app', scope: 'decide', token: process.env['HEADGATE_TOKEN'] ?? '' }],
 * })
 * console.log(await service.listen({ port: 8787 }))
 * ```
 */
export async function createService(options: ServiceOptions): Promise<Service> {
  const checked = checkOptions(options)
  const findBearer = createTokens(checked.tokens)
  const app = fastify({
    logger: checked.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAM },
    requestTimeout: REQUEST_MS,
    forceCloseConnections: 'idle',
    // What still comes on a connection that is open is answered, and the connection closed.
    return503OnClosing: false,
    rewriteUrl: ({ url = '' }) => withoutForeignPath(url),
    frameworkErrors: answerError,
    clientErrorHandler: answerUnreadable,
  })
  const connections = watchConnections(app.server)
  const register = new MetricsRegistry()
  const metrics = createMetrics({ register })
  collectDefaultMetrics({ register })

  const onError = (error: unknown): void => app.log.warn({ err: error }, 'the registry')
  const book = await openPlanBook({
    ...checked,
    seed: checked.seed,
    rehearse: createRehearsal(checked),
    onError,
  })
  const live = createLive(checked.clock)
  const decider = createDecider(checked, book.directory, live, metrics)
  const startedAt = Math.floor(checked.clock.now() / 1_000)
  const parts: Parts = { options: checked, book, decider, live, instance: randomUUID(), startedAt }

  acceptNoBody(app)
  app.setValidatorCompiler(compileValidator)
  app.setSchemaErrorFormatter(wrongInput)
  // What a route answers is what its schema says, which tests hold it to; nothing is to be left out here in silence.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(notFound)
  requireTokens(app, findBearer)
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })
  app.addHook('onClose', () => book.close())
  await app.register(swagger, { openapi: OPENAPI })
  await app.register(asPlugin(openRoutes(metrics), parts))
  for (const routes of [decisionRoutes, gateRoutes, planRoutes, subjectRoutes, usageRoutes, watchRoutes]) {
    await app.register(asPlugin(routes, parts), { prefix: '/v1' })
  }
  if (checked.dashboard) await app.register(asPlugin(dashboardRoutes, parts))

  return {
    app,
    listen: ({ host = '127.0.0.1', port = 8_787 } = {}) => app.listen({ host, port }),
    async close() {
      const asking = performance.now() + ASK_MS
      // A connection may be idle only later, and nobody is to wait then for its client to let go.
      const timer = setInterval(() => {
        if (performance.now() < asking) app.server.closeIdleConnections()
        else connections.release()
      }, 50)
      try {
        await app.close()
      } finally {
        clearInterval(timer)
      }
    },
  }
}

/** Many clients name a kind with every request, also where there is no body; whether one is needed the route's schema says. */
function acceptNoBody(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null)
    else parse(request, body as string, done)
  })
}

const OPENAPI = {
  openapi: '3.1.0' as const,
  info: { title: 'Headgate', description: 'Rate limits as a service.', version: '1' },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  security: [{ token: [] as string[] }],
} satisfies FastifyDynamicSwaggerOptions['openapi']
