import type { MakeApplication } from './application.ts'

/** A framework, and the limiter that its users run. */
export interface Framework {
  readonly title: string
  readonly peer?: string
  /** Whether it comes with a server. */
  readonly listens: boolean
  readonly load: () => Promise<MakeApplication>
}

/** Each is loaded only in the process that measures it. */
export const FRAMEWORKS: { readonly [name: string]: Framework } = {
  express: {
    title: 'Express',
    peer: 'express-rate-limit',
    listens: true,
    load: async () => (await import('./express.ts')).expressServer,
  },
  fastify: {
    title: 'Fastify',
    peer: '@fastify/rate-limit',
    listens: true,
    load: async () => (await import('./fastify.ts')).fastifyServer,
  },
  koa: {
    title: 'Koa',
    peer: 'koa-ratelimit',
    listens: true,
    load: async () => (await import('./koa.ts')).koaServer,
  },
  hono: {
    title: 'Hono on Node',
    peer: 'hono-rate-limiter',
    listens: true,
    load: async () => (await import('./hono.ts')).honoServer,
  },
  nest: {
    title: 'Nest on Express',
    peer: '@nestjs/throttler',
    listens: true,
    load: async () => (await import('./nest.ts')).nestServer,
  },
  fetch: {
    title: 'A fetch handler, called directly',
    listens: false,
    load: async () => (await import('./fetch.ts')).fetchHandler,
  },
}
