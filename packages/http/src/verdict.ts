import type { Decision } from '@headgate/core'
import type { Field } from './fields/field-writer.ts'

/** What becomes of a request. */
export interface Verdict<Name extends string = string> {
  /** Set on the response, whoever writes it. */
  readonly fields: readonly Field[]
  /** The response, where the request doesn't go on. */
  readonly reply?: Reply
  /** Undefined where nothing was counted. */
  readonly decision?: Decision<Name>
  /** To be told, once, when the response is through; never rejects. Only where the cost is settled then. */
  readonly settle?: (finished: Finished) => Promise<void>
}

/** A whole response but for its fields. */
export interface Reply {
  readonly status: number
  readonly body: string
}

/** How a response ended. */
export interface Finished {
  readonly status: number
  /** Bytes of the body that were sent, as the framework handed them over: before any compression that comes after. */
  readonly bytes: number
  /** Whether the client went away before it had all of it. */
  readonly aborted: boolean
}

/** A denial, for who writes its body. */
export interface Denial<Name extends string = string> {
  readonly decision: Decision<Name>
  /** 429, or 503 where the service's own capacity denies. */
  readonly status: 429 | 503
  /** What the field Retry-After says; null for never. */
  readonly retryAfterSeconds: number | null
  /** The limits that deny. */
  readonly violated: readonly Name[]
}

/** A body, and what it is: a string is plain text. */
export type ReplyBody = string | { readonly contentType: string; readonly body: string }
