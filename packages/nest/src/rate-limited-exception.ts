import { STATUS_CODES } from 'node:http'
import type { Decision } from '@headgate/core'
import type { Reply, Verdict } from '@headgate/http'
import { HttpException } from '@nestjs/common'

/**
 * What a denial is to Nest's exception layer. The response has the fields of the verdict by then, but for its Content-Type. Without
 * a filter of yours {@link RateLimitFilter} answers; by status and message it is an `HttpException` like any other.
 */
export class RateLimitedException extends HttpException {
  /** The answer that other frameworks give: its fields, status and body. */
  readonly verdict: Verdict & { readonly reply: Reply }
  /** Undefined for a client of the deny list, and for one that went away while it waited. */
  readonly decision: Decision | undefined

  constructor(verdict: Verdict & { readonly reply: Reply }) {
    const { status } = verdict.reply
    super(STATUS_CODES[status] ?? 'Client Closed Request', status)
    this.verdict = verdict
    this.decision = verdict.decision
  }
}
