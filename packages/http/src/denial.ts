import { type Decision, invalidOption } from '@headgate/core'
import type { Field } from './fields/field-writer.ts'
import { retryAfterSeconds } from './fields/retry-after.ts'
import type { GuardOptions } from './guard-options.ts'
import type { Answer } from './problem/answer.ts'
import { plainDenial, plainForbidden } from './problem/plain-json.ts'
import { forbidden, quotaExceeded, temporaryReducedCapacity } from './problem/problem-details.ts'
import type { Denial, ReplyBody, Verdict } from './verdict.ts'

const NO_STORE: Field = ['cache-control', 'no-store']

/** The answer to nobody: the client is gone. The number is the one that servers log for it. */
export const GONE: Verdict = { fields: [], reply: { status: 499, body: '' } }

/** The answers to those who may not. */
export interface Denials<Request> {
  /** To a client of the deny list. */
  readonly forbidden: Verdict
  /** To a request that a limit denies. */
  denied(request: Request, denial: Denial, fields: readonly Field[]): Verdict
}

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function createDenials<Request>({ body = 'problem' }: GuardOptions<Request>): Denials<Request> {
  if (typeof body !== 'function' && !Object.hasOwn(WORDS, body)) {
    throw invalidOption('body', body, '"problem", "json" or a function', 'Leave it out for problem details')
  }
  const answerTo = (denial: Denial, request: Request): Answer =>
    typeof body === 'function' ? ownAnswer(denial.status, body(denial, request)) : WORDS[body].denied(denial)

  return {
    forbidden: replyOf([NO_STORE], WORDS[body === 'json' ? 'json' : 'problem'].forbidden()),
    denied(request, denial, fields) {
      const { decision, retryAfterSeconds: seconds } = denial
      const all = [...fields, NO_STORE]
      if (seconds !== null) all.push(['retry-after', String(seconds)])
      const { status, contentType, body } = answerTo(denial, request)
      all.push(['content-type', contentType])
      return { fields: all, reply: { status, body }, decision }
    },
  }
}

const WORDS = {
  problem: {
    denied: (denial: Denial): Answer =>
      denial.status === 503 ? temporaryReducedCapacity(denial) : quotaExceeded(denial),
    forbidden,
  },
  json: {
    denied: (denial: Denial): Answer => plainDenial(denial.status, denial),
    forbidden: plainForbidden,
  },
}

function ownAnswer(status: number, body: ReplyBody): Answer {
  return typeof body === 'string'
    ? { status, contentType: 'text/plain; charset=utf-8', body }
    : { ...body, status }
}

function replyOf(fields: readonly Field[], { status, contentType, body }: Answer): Verdict {
  return { fields: [...fields, ['content-type', contentType]], reply: { status, body } }
}

/** Puts a denial into the words of HTTP. */
export function denialOf(decision: Decision, violated: readonly string[], isCapacity: boolean): Denial {
  const { retryAfterMs } = decision
  const seconds = retryAfterMs === null ? null : retryAfterSeconds(retryAfterMs)
  return { decision, status: isCapacity ? 503 : 429, retryAfterSeconds: seconds, violated }
}
