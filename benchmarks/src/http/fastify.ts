import fastify, { type FastifyInstance } from 'fastify'
import type { Limiters, MakeApplication } from './application.ts'
import { handWritten } from './hand-written.ts'
import { headgateOptions } from './headgate.ts'

export const fastifyServer: MakeApplication = async (limiting, allowance) => {
  const app = fastify()
  if (limiting !== 'none') await (await LIMITERS[limiting](allowance))(app)
  app.get('/', async () => 'hello')
  await app.ready()
  return app.server
}

const LIMITERS: Limiters<(app: FastifyInstance) => unknown> = {
  async 'hand-written'(allowance) {
    const { policy, take } = handWritten(allowance)
    return (app) =>
      app.addHook('onRequest', (request, reply, done) => {
        const { allowed, seconds, standing } = take(request.socket.remoteAddress)
        reply.header('RateLimit-Policy', policy)
        reply.header('RateLimit', standing)
        if (allowed) return done()
        reply.header('Retry-After', seconds)
        reply.code(429).send('Too many requests')
      })
  },
  async headgate(allowance) {
    const { rateLimit } = await import('@headgate/fastify')
    return (app) => app.register(rateLimit, headgateOptions(allowance))
  },
  async peer({ units, windowMs }) {
    const { default: rateLimit } = await import('@fastify/rate-limit')
    return (app) => app.register(rateLimit, { max: units, timeWindow: windowMs })
  },
}
