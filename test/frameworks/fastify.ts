import { type RateLimitOptions, rateLimit } from '@headgate/fastify'
import fastify, { type FastifyRequest } from 'fastify'
import { bytes, type Framework, held, served } from './framework.ts'

export const frameworks: readonly Framework[] = [
  {
    name: 'fastify',
    header: (request, field) => (request as FastifyRequest).headers[field] as string | undefined,
    async serve(options) {
      const app = fastify()
      await app.register(rateLimit, options as unknown as RateLimitOptions)
      app.all('/hello', async () => 'hello')
      app.get<{ Params: { status: string } }>('/status/:status', async ({ params }, reply) => {
        reply.code(Number(params.status))
        return 'done'
      })
      app.get<{ Params: { count: string } }>('/bytes/:count', async ({ params }) => bytes(params.count))
      app.get('/held', held)
      app.get('/decision', async (request) => ({ remaining: request.rateLimit?.remaining }))
      app.setErrorHandler((_, _request, reply) => void reply.code(500).send('failed'))
      const { close } = await served(app.server, app.listen({ port: 0, host: '127.0.0.1' }))
      const { port } = app.server.address() as { port: number }
      return {
        port,
        async close() {
          await close()
          await app.close()
        },
      }
    },
  },
]
