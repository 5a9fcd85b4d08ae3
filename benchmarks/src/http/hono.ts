import type { IncomingMessage, Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { Limiters, MakeApplication } from './application.ts'
import { handWritten } from './hand-written.ts'
import { headgateOptions } from './headgate.ts'

/** Where the server says who calls. */
function addressOf(c: Context): string | undefined {
  return (c.env as { readonly incoming: IncomingMessage }).incoming.socket.remoteAddress
}

export const honoServer: MakeApplication = async (limiting, allowance) => {
  const app = new Hono()
  if (limiting !== 'none') app.use(await LIMITERS[limiting](allowance))
  app.get('/', (c) => c.text('hello'))
  return createAdaptorServer({ fetch: app.fetch }) as Server
}

const LIMITERS: Limiters<MiddlewareHandler> = {
  async 'hand-written'(allowance) {
    const { policy, take } = handWritten(allowance)
    return async (c, next) => {
      const { allowed, seconds, standing } = take(addressOf(c))
      c.header('RateLimit-Policy', policy)
      c.header('RateLimit', standing)
      if (allowed) return next()
      c.header('Retry-After', String(seconds))
      return c.text('Too many requests', 429)
    }
  },
  headgate: async (allowance) => (await import('@headgate/hono')).rateLimit(headgateOptions(allowance)),
  peer: async ({ units, windowMs }) =>
    (await import('hono-rate-limiter')).rateLimiter({
      limit: units,
      windowMs,
      keyGenerator: (c) => addressOf(c) ?? 'unknown',
    }),
}
