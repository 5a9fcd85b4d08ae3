import { createServer } from 'node:http'
import express, { type RequestHandler } from 'express'
import type { Limiters, MakeApplication } from './application.ts'
import { handWritten } from './hand-written.ts'
import { headgateOptions } from './headgate.ts'

export const expressServer: MakeApplication = async (limiting, allowance) => {
  const app = express()
  if (limiting !== 'none') app.use(await LIMITERS[limiting](allowance))
  app.get('/', (_, response) => void response.type('text').end('hello'))
  return createServer(app)
}

const LIMITERS: Limiters<RequestHandler> = {
  async 'hand-written'(allowance) {
    const { policy, take } = handWritten(allowance)
    return (request, response, next) => {
      const { allowed, seconds, standing } = take(request.socket.remoteAddress)
      response.setHeader('RateLimit-Policy', policy)
      response.setHeader('RateLimit', standing)
      if (allowed) return next()
      response.setHeader('Retry-After', seconds)
      response.status(429).type('text').end('Too many requests')
    }
  },
  headgate: async (allowance) => (await import('@headgate/express')).rateLimit(headgateOptions(allowance)),
  peer: async ({ units, windowMs }) =>
    (await import('express-rate-limit')).rateLimit({ limit: units, windowMs }),
}
