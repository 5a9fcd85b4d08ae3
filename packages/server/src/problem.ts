import { type ErrorCode, faultOf, HeadgateError } from '@headgate/core'
import type { FastifyError } from 'fastify'

/** Problem details (RFC 9457), with the code and the fix that all errors of Headgate have. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  /** Which field or parameter is at fault. */
  readonly option?: string
  readonly fix?: string
}

/** What a request did wrong, or what couldn't be done for it, where no error of Headgate says so. */
export class RequestError extends Error {
  readonly status: number
  readonly code: string
  readonly fix: string | undefined
  /** When it may be tried again. */
  readonly retryAfterMs: number | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    { fix, retryAfterMs }: { readonly fix?: string; readonly retryAfterMs?: number } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.fix = fix
    this.retryAfterMs = retryAfterMs
  }
}

export const PROBLEM_TYPE = 'application/problem+json'

const TITLES: { readonly [status: number]: string } = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** What isn't here is wrong input. */
const STATUS: { readonly [Code in ErrorCode]?: number } = {
  PLAN_IN_USE: 409,
  CHANGE_CONFLICT: 409,
  READ_ONLY: 405,
  LOOKUP_FAILED: 503,
  STORE_CLOSED: 503,
  STORE_CONTENDED: 503,
  STORE_FAILED: 503,
  STORE_OVERLOADED: 503,
  STORE_TIMEOUT: 503,
  STORE_UNAVAILABLE: 503,
}

/** The code of what Fastify itself refuses. */
const CODES: { readonly [status: number]: string } = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  414: 'URI_TOO_LONG',
  415: 'UNSUPPORTED_MEDIA_TYPE',
}

/** An error in the words of HTTP. What is nobody's business outside is only that it happened. */
export function problemOf(error: unknown): Problem {
  if (error instanceof RequestError) return problem(error.status, error.code, error.message, error)
  if (error instanceof HeadgateError) {
    const { code, option, fix } = error
    const status = option === 'If-Match' && code === 'CHANGE_CONFLICT' ? 412 : (STATUS[code] ?? 400)
    // Of a backend that fails the message may say more than is meant for clients.
    const detail = status === 503 ? 'What this needs does not answer at the moment' : faultOf(error)
    return problem(status, code, detail, { ...(status < 500 && { option, fix }) })
  }
  const { statusCode = 500, message, validation } = error as FastifyError
  if (statusCode >= 500) return problem(500, 'INTERNAL', 'Something went wrong here; the log says what')
  const option = validation?.[0]?.instancePath?.slice(1).replaceAll('/', '.')
  return problem(statusCode, CODES[statusCode] ?? 'BAD_REQUEST', message, { ...(option && { option }) })
}

function problem(
  status: number,
  code: string,
  detail: string,
  { option, fix }: { readonly option?: string | undefined; readonly fix?: string | undefined } = {},
): Problem {
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(option !== undefined && { option }),
    ...(fix !== undefined && { fix }),
  }
}
