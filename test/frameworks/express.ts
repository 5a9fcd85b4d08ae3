import { once } from 'node:events'
import { rateLimit } from '@headgate/express'
import type { GuardOptions } from '@headgate/http'
import express5, { type Request } from 'express'
import express4 from 'express4'
import { bytes, type Framework, held, type Options, served } from './framework.ts'

/** Express 4 and 5 differ in nothing that is used here. */
function expressOf(name: string, create: typeof express5): Framework {
  return {
    name,
    header: (request, field) => (request as Request).get(field),
    async serve(options: Options) {
      const app = create()
      app.use(rateLimit(options as GuardOptions<Request>))
      app.all('/hello', (_, response) => void response.type('text').end('hello'))
      app.get(
        '/status/:status',
        ({ params }, response) => void response.status(Number(params.status)).end('done'),
      )
      app.get('/bytes/:count', ({ params }, response) => void response.end(bytes(params.count)))
      app.get('/held', (_, response) => void held().then((text) => response.end(text)))
      app.get(
        '/decision',
        ({ rateLimit }, response) => void response.json({ remaining: rateLimit?.remaining }),
      )
      // Express prints what its default handler answers.
      app.use(
        (_error: unknown, _request: Request, response: express5.Response, _next: express5.NextFunction) => {
          response.status(500).end('failed')
        },
      )
      const server = app.listen(0, '127.0.0.1')
      return served(server, once(server, 'listening'))
    },
  }
}

export const frameworks: readonly Framework[] = [
  expressOf('express 5', express5),
  expressOf('express 4', express4 as unknown as typeof express5),
]
