import { randomUUID } from 'node:crypto'
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { createMetrics } from '@headgate/prometheus'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { collectDefaultMetrics, Registry as MetricsRegistry } from 'prom-client'
import { asPlugin, type Parts } from './api/app.ts'
import { requireTokens } from './api/auth.ts'
import { decisionRoutes } from './api/decision-routes.ts'
import { answerError, notFound, wrongInput } from './api/errors.ts'
import { gateRoutes } from './api/gate-routes.ts'
import { dashboardRoutes, openRoutes } from './api/open-routes.ts'
import { planRoutes } from './api/plan-routes.ts'
import { subjectRoutes } from './api/subject-routes.ts'
import { usageRoutes } from './api/usage-routes.ts'
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
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    frameworkErrors: answerError,
  })
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

  app.setValidatorCompiler(TypeBoxValidatorCompiler)
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
      // A connection that is kept alive may be idle only later, and nobody is to wait then for its client to let go.
      const timer = setInterval(() => app.server.closeIdleConnections(), 50)
      try {
        await app.close()
      } finally {
        clearInterval(timer)
      }
    },
  }
}

const OPENAPI = {
  openapi: '3.1.0' as const,
  info: { title: 'Headgate', description: 'Rate limits as a service.', version: '1' },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  security: [{ token: [] as string[] }],
} satisfies FastifyDynamicSwaggerOptions['openapi']
