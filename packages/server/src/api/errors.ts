import { HeadgateError } from '@headgate/core'
import { retryAfterSeconds } from '@headgate/http'
import type { FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { PROBLEM_TYPE, problemOf, RequestError } from '../problem.ts'

/** What is told of a store or a registry that doesn't say itself when it may answer again. */
const RETRY_MS = 1_000

/** Answers what goes wrong, here or in Fastify itself, with problem details. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error)
  if (problem.status >= 500) request.log.error({ err: error }, 'a request failed')
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  if (problem.status === 405) reply.header('allow', 'GET')
  const retryAfterMs = waitOf(error, problem.status)
  if (retryAfterMs !== undefined) reply.header('retry-after', retryAfterSeconds(retryAfterMs))
  // As bytes: to a text Fastify would add a charset.
  const body = Buffer.from(JSON.stringify(problem))
  reply.code(problem.status).header('content-type', PROBLEM_TYPE).send(body)
}

/** The answer to what no route is for. */
export function notFound(): never {
  throw new RequestError(404, 'NOT_FOUND', 'There is nothing here', {
    fix: '/openapi.json says what there is',
  })
}

/** What a schema has against a request, as one sentence about its first field at fault. */
export function wrongInput(errors: readonly FastifySchemaValidationError[], part: string): Error {
  const [first] = errors
  const place = first?.instancePath ?? ''
  const reasons = errors
    .filter(({ instancePath, keyword }) => instancePath === place && keyword !== 'anyOf')
    .map(({ keyword, message = 'is wrong' }) => (keyword === 'boolean' ? 'must be left out' : message))
  const field = place.slice(1).replaceAll('/', '.')
  const what = field === '' ? `The ${WORDS[part] ?? part}` : `\`${field}\``
  return new Error(`${what} ${[...new Set(reasons)].join(' or ')}`)
}

const WORDS: { readonly [part: string]: string } = {
  params: 'path',
  querystring: 'query',
  headers: 'header',
}

function waitOf(error: unknown, status: number): number | undefined {
  if (error instanceof RequestError) return error.retryAfterMs
  return error instanceof HeadgateError && status === 503 ? (error.retryAfterMs ?? RETRY_MS) : undefined
}
