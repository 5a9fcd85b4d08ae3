import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import files from '@fastify/static'
import { dashboardFiles } from '@headgate/dashboard'
import type { Metrics } from '@headgate/prometheus'
import { Type } from 'typebox'
import { RequestError } from '../problem.ts'
import type { Routes } from './app.ts'
import { describe } from './describe.ts'
import { asText } from './schemas.ts'

const tags = ['operation']
/** For everybody. */
const security: [] = []

/** What is asked from outside the API. */
export function openRoutes(metrics: Metrics): Routes {
  return (app, { decider }) => {
    app.get(
      '/healthz',
      {
        schema: {
          tags,
          security,
          summary: 'Whether it runs',
          response: { 200: Type.Object({ status: Type.String() }) },
        },
      },
      async () => ({ status: 'ok' }),
    )

    app.get(
      '/readyz',
      {
        schema: {
          tags,
          security,
          summary: 'Whether it decides, and whether by its store',
          response: { 200: Type.Object({ status: Type.String(), store: Type.String() }) },
        },
      },
      // It decides without the store as well: no reason to take it out of service.
      async () => ({ status: 'ok', store: decider.storeState }),
    )

    app.get(
      '/metrics',
      {
        config: { scope: 'read' },
        schema: {
          tags,
          summary: 'Metrics for Prometheus',
          response: { 200: asText('text/plain', 'In the text format of Prometheus') },
        },
      },
      async (_request, reply) => {
        reply.header('content-type', metrics.register.contentType)
        return metrics.register.metrics()
      },
    )

    // Anybody may ask for it, so it is made once.
    let description: object | undefined
    app.get('/openapi.json', { schema: { hide: true } }, async () => {
      description ??= describe(app.swagger())
      return description
    })
  }
}

/** Only what is its own, and in nobody's frame. */
const POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

/** The dashboard: files of a page that asks the API as anybody does. */
export const dashboardRoutes: Routes = (app) => {
  const root = fileURLToPath(dashboardFiles)
  if (!existsSync(root)) {
    app.get('/', { schema: { hide: true } }, async () => {
      throw new RequestError(404, 'NOT_FOUND', 'The dashboard has not been built', {
        fix: 'Run `npm run build`',
      })
    })
    return
  }
  app.register(files, {
    root,
    // A route for each file: what there isn't is no file's to answer.
    wildcard: false,
    cacheControl: false,
    setHeaders(reply, path) {
      // Names of assets have a hash of what is in them.
      const isAsset = path.includes('/assets/')
      reply.header('cache-control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache')
      reply.header('content-security-policy', POLICY)
      reply.header('referrer-policy', 'no-referrer')
    },
  })
}
