import { once } from 'node:events'
import type { GuardOptions } from '@headgate/http'
import { rateLimit } from '@headgate/koa'
import Koa, { type Context } from 'koa'
import { bytes, type Framework, held, served } from './framework.ts'

export const frameworks: readonly Framework[] = [
  {
    name: 'koa',
    header: (ctx, field) => (ctx as Context).get(field) || undefined,
    async serve(options) {
      const app = new Koa()
      app.silent = true
      app.use(rateLimit(options as unknown as GuardOptions<Context>))
      app.use(async (ctx) => {
        const [, route, part] = ctx.path.split('/')
        if (route === 'hello') ctx.body = 'hello'
        if (route === 'bytes') ctx.body = bytes(part)
        if (route === 'held') ctx.body = await held()
        if (route === 'decision') ctx.body = { remaining: ctx.state['rateLimit']?.remaining }
        if (route === 'status') {
          ctx.status = Number(part)
          ctx.body = 'done'
        }
      })
      const server = app.listen(0, '127.0.0.1')
      return served(server, once(server, 'listening'))
    },
  },
]
