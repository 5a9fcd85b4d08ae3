import { METHODS } from 'node:http'
import { invalidOption } from '@headgate/core'
import { MAX_UNITS } from '@headgate/usage'
import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import { PROBLEM_TYPE } from '../problem.ts'
import type { Routes } from './app.ts'
import { nothing, ref } from './schemas.ts'

const Headers = Type.Object({
  'x-headgate-subject': Type.Optional(Type.String({ description: 'What tells callers apart, in UTF-8' })),
})
const Query = Type.Object({
  cost: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_UNITS,
      description: 'A whole number; 1 unless told',
    }),
  ),
  deny: Type.Optional(
    Type.Integer({
      minimum: 400,
      maximum: 599,
      description: 'The status of a denial, for proxies that know only some: nginx takes 403',
    }),
  ),
})
/** What stands behind the service's own path, and the query with it, is of the request: a client's words. */
const Nothing = Type.Object({})
const Denial = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer({ description: 'What it would be without `deny`' }),
  'violated-policies': Type.Array(Type.String(), { description: 'The names of the limits that deny' }),
})
const DENIED = {
  description: 'A limit says no, or something is wrong',
  content: { [PROBLEM_TYPE]: { schema: Type.Union([Denial, ref('Problem')]) } },
}
const FOREIGN = '/v1/gate/'

/** A decision for a reverse proxy that asks before it lets a request through: its status and its fields say it all. */
export const gateRoutes: Routes = (app, { decider }) => {
  // The request that is asked about may be of any kind, and its body is none of our business.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.addHook('onRequest', async ({ headers }) => {
    // Without a kind Fastify would refuse some methods.
    headers['content-type'] ??= 'application/octet-stream'
  })
  // Of CONNECT Node makes no request.
  const methods = METHODS.filter((method) => method !== 'CONNECT')
  for (const method of methods) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
  // Some proxies put the path of the request behind that of the service.
  const others = methods.filter((method) => method !== 'GET' && method !== 'HEAD')
  for (const [method, url] of [
    ['GET', '/gate'],
    ['GET', '/gate/*'],
    [others, '/gate'],
    [others, '/gate/*'],
  ] as const) {
    app.route({
      method,
      url,
      config: { scope: 'decide' },
      schema: {
        tags: ['decisions'],
        // One of them says it all.
        hide: method !== 'GET' || url !== '/gate',
        summary: 'Let a reverse proxy ask',
        description:
          '204, or 429 with problem details, either with the fields that tell a client where it stands; 503 where nobody passes ' +
          'while the store is away.',
        headers: Headers,
        querystring: url === '/gate' ? Query : Nothing,
        response: {
          204: nothing('It may pass'),
          429: DENIED,
          // By another status where `deny` says so, or where nobody passes since the store is away.
          default: DENIED,
        },
      },
      async handler({ headers, query }, reply) {
        const { cost = 1, deny }: Static<typeof Query> = url === '/gate' ? query : {}
        const verdict = await decider.consume({ subject: subjectIn(headers['x-headgate-subject']), cost })
        for (const [name, value] of verdict.fields) reply.header(name, value)
        if (verdict.reply === undefined) return reply.code(204).send()
        // As bytes: to a text Fastify would add a charset.
        const { status, body } = verdict.reply
        return (reply as FastifyReply).code(deny ?? status).send(Buffer.from(body))
      },
    })
  }
}

/** A client's path need not even be well-formed: the URL without it. */
export function withoutForeignPath(url: string): string {
  return url.startsWith(FOREIGN) ? FOREIGN : url
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Node reads fields as Latin-1, a byte a character. */
function subjectIn(field: string | undefined): string {
  if (field === undefined) {
    const fix = 'Let the proxy set it to what tells callers apart, such as the API key'
    throw invalidOption('x-headgate-subject', field, 'set', fix)
  }
  try {
    return UTF8.decode(Buffer.from(field, 'latin1'))
  } catch {
    return field
  }
}
