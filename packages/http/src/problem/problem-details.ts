import type { Answer, Violation } from './answer.ts'

/** Problem details as JSON (RFC 9457, 6.1). */
const CONTENT_TYPE = 'application/problem+json'
const REGISTRY = 'https://iana.org/assignments/http-problem-types'

/**
 * The client has used what it was given. No figure of the request stands in the body: `Retry-After` and `RateLimit` tell
 * them, and so clients that are denied alike get the same bytes.
 *
 * @returns status 429, and problem details of the type that the RateLimit draft registers
 * @example
 * ```ts
 * import { quotaExceeded } from '@headgate/http'
 *
 * quotaExceeded({ violated: ['daily'], retryAfterSeconds: 60 }).status // 429
 * ```
 */
export function quotaExceeded({ violated }: Violation): Answer {
  return { status: 429, contentType: CONTENT_TYPE, body: problemBody(EXCEEDED, violated) }
}

/**
 * The service has less to give than usual; the client did nothing wrong.
 *
 * @returns status 503, and problem details of the type that the RateLimit draft registers
 * @example
 * ```ts
 * import { temporaryReducedCapacity } from '@headgate/http'
 *
 * temporaryReducedCapacity({ violated: ['load'], retryAfterSeconds: 5 }).status // 503
 * ```
 */
export function temporaryReducedCapacity({ violated }: Violation): Answer {
  return { status: 503, contentType: CONTENT_TYPE, body: problemBody(REDUCED, violated) }
}

/**
 * The client is on a deny list. It is not told why.
 *
 * @returns status 403, and problem details that say no more than the status
 * @example
 * ```ts
 * import { forbidden } from '@headgate/http'
 *
 * forbidden().status // 403
 * ```
 */
export function forbidden(): Answer {
  return FORBIDDEN
}

const EXCEEDED = openProblem(`${REGISTRY}#quota-exceeded`, 'Quota Exceeded', 429)
const REDUCED = openProblem(`${REGISTRY}#temporary-reduced-capacity`, 'Temporary Reduced Capacity', 503)
const FORBIDDEN: Answer = {
  status: 403,
  contentType: CONTENT_TYPE,
  body: JSON.stringify({ type: 'about:blank', title: 'Forbidden', status: 403 }),
}

/** A problem's members as JSON, open at its end for the policies. */
function openProblem(type: string, title: string, status: number): string {
  return `${JSON.stringify({ type, title, status }).slice(0, -1)},"violated-policies":`
}

function problemBody(open: string, violated: readonly string[]): string {
  return `${open}${JSON.stringify(violated)}}`
}
