import { once } from 'node:events'
import type { Server } from 'node:http'
import { rateLimit } from '@headgate/hono'
import type { GuardOptions } from '@headgate/http'
import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { bytes, type Framework, held, served } from './framework.ts'

export const frameworks: readonly Framework[] = [
  {
    name: 'hono',
    header: (c, field) => (c as Context).req.header(field),
    async serve(options) {
      const app = new Hono()
        .use(rateLimit(options as unknown as GuardOptions<Context>))
        .all('/hello', (c) => c.text('hello'))
        .get('/status/:status', (c) => c.text('done', Number(c.req.param('status')) as ContentfulStatusCode))
        .get('/bytes/:count', (c) => c.text(bytes(c.req.param('count'))))
        .get('/held', async (c) => c.text(await held()))
        .get('/decision', (c) => c.json({ remaining: c.get('rateLimit')?.remaining }))
        .onError((_, c) => c.text('failed', 500))
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
      return served(server, once(server, 'listening'))
    },
  },
]
