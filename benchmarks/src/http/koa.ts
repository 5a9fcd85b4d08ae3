import { createServer } from 'node:http'
import Koa, { type Middleware } from 'koa'
import type { Limiters, MakeApplication } from './application.ts'
import { handWritten } from './hand-written.ts'
import { headgateOptions } from './headgate.ts'

export const koaServer: MakeApplication = async (limiting, allowance) => {
  const app = new Koa()
  if (limiting !== 'none') app.use(await LIMITERS[limiting](allowance))
  app.use((ctx) => {
    ctx.body = 'hello'
  })
  return createServer(app.callback())
}

const LIMITERS: Limiters<Middleware> = {
  async 'hand-written'(allowance) {
    const { policy, take } = handWritten(allowance)
    return async (ctx, next) => {
      const { allowed, seconds, standing } = take(ctx.req.socket.remoteAddress)
      ctx.set('RateLimit-Policy', policy)
      ctx.set('RateLimit', standing)
      if (allowed) return next()
      ctx.set('Retry-After', String(seconds))
      ctx.status = 429
      ctx.body = 'Too many requests'
    }
  },
  headgate: async (allowance) => (await import('@headgate/koa')).rateLimit(headgateOptions(allowance)),
  async peer({ units, windowMs }) {
    const { default: ratelimit } = await import('koa-ratelimit')
    return ratelimit({ driver: 'memory', db: new Map(), max: units, duration: windowMs })
  },
}
