import type { Answer, Violation } from './answer.ts'

const CONTENT_TYPE = 'application/json'

/**
 * A denial as a small JSON object: `{"error":"Too Many Requests","limits":["daily"],"retryAfter":60}`, where `retryAfter` is
 * in seconds and null for never.
 *
 * @param status 503 where the service's own capacity denies
 * @example
 * ```ts
 * import { plainDenial } from '@headgate/http'
 *
 * plainDenial(429, { violated: ['daily'], retryAfterSeconds: 60 }).body
 * ```
 */
export function plainDenial(status: 429 | 503, { violated, retryAfterSeconds }: Violation): Answer {
  const error = status === 429 ? 'Too Many Requests' : 'Service Unavailable'
  const body = `{"error":"${error}","limits":${JSON.stringify(violated)},"retryAfter":${retryAfterSeconds}}`
  return { status, contentType: CONTENT_TYPE, body }
}

/**
 * The client is on a deny list: `{"error":"Forbidden"}`.
 *
 * @example
 * ```ts
 * import { plainForbidden } from '@headgate/http'
 *
 * plainForbidden().status // 403
 * ```
 */
export function plainForbidden(): Answer {
  return FORBIDDEN
}

const FORBIDDEN: Answer = { status: 403, contentType: CONTENT_TYPE, body: '{"error":"Forbidden"}' }
