import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { HeadgateError } from '@headgate/core'
import { retryAfterSeconds } from '@headgate/http'
import type { FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { PROBLEM_TYPE, problemOf, RequestError } from '../problem.ts'

/** What is told of a store or a registry that doesn't say itself when it may answer again. */
const RETRY_MS = 1_000

const FIELDS = {
  'content-type': PROBLEM_TYPE,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

/** Answers what goes wrong, here or in Fastify itself, with problem details. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error)
  if (problem.status >= 500) request.log.error({ err: error }, 'a request failed')
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  if (problem.status === 405) reply.header('allow', 'GET')
  const retryAfterMs = waitOf(error, problem.status)
  if (retryAfterMs !== undefined) reply.header('retry-after', retryAfterSeconds(retryAfterMs))
  // No hook sees what is refused before there is a route.
  reply.headers(FIELDS)
  // As bytes: to a text Fastify would add a charset.
  reply.code(problem.status).send(Buffer.from(JSON.stringify(problem)))
}

/** What Node can't read as a request, or doesn't wait for any longer. */
const UNREADABLE: { readonly [code: string]: readonly [status: number, code: string, detail: string] } = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'The request took too long to come'],
  HPE_HEADER_OVERFLOW: [431, 'HEADERS_TOO_LARGE', 'The path and the header fields are too long'],
}
const NO_HTTP = [400, 'BAD_REQUEST', 'This is not HTTP'] as const

/**
 * Answers what is no request with problem details; nothing of Fastify's is there to do it. Nothing of it is logged either: it may
 * hold a token.
 */
export function answerUnreadable({ code }: { readonly code?: string }, socket: Socket): void {
  if (socket.writable) {
    const [status, name, detail] = UNREADABLE[code ?? ''] ?? NO_HTTP
    const body = JSON.stringify(problemOf(new RequestError(status, name, detail)))
    const fields = { ...FIELDS, 'content-length': Buffer.byteLength(body), connection: 'close' }
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  }
  socket.destroy()
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
