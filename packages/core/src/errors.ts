import { showValue } from './show-value.ts'

/**
 * Why Headgate refused. Codes are stable; messages may be reworded.
 *
 * - `INVALID_LIMIT`: an option of a limit is missing, unknown, or of the wrong kind or range
 * - `NOT_EXACT`: the limit is well formed, but can't be honoured in whole numbers below 2^53
 * - `INVALID_DURATION`: not milliseconds and not `"10s"`, `"1m"` …
 * - `INVALID_KEY`, `INVALID_COST`, `INVALID_TIME`: an argument of a verb
 * - `INVALID_OPTION`: an option of a limiter, a store or a verb
 * - `UNKNOWN_LIMIT`: a name that the limiter doesn't have
 * - `INVALID_RESERVATION`: the id of a reservation that this limiter didn't write
 * - `STORE_CONTENDED`: a store gave up after its retries of a compare-and-set
 * - `STORE_CLOSED`: used after `close()`
 * - `STORE_FAILED`: the store's backend failed; `cause` has its error
 * - `STORE_TIMEOUT`: no answer before the deadline; whether the call was carried out is not known, so it is never sent again
 * - `STORE_OVERLOADED`: too many calls wait for the store already; this one was not sent
 * - `STORE_UNAVAILABLE`: the store failed too often of late, and is left alone for a moment; this call was not sent
 * - `UNKNOWN_PLAN`: a name that no plan has
 * - `LOOKUP_FAILED`: on which plan somebody is could not be found out; `cause` says why
 * - `QUEUE_FULL`, `QUEUE_TIMEOUT`, `QUEUE_CLOSED`: a queue didn't take a job, or didn't come to it in time
 * - `PLAN_IN_USE`: a plan that can't be deleted, since somebody is on it, or it is the default
 * - `CHANGE_CONFLICT`: what a change goes by was changed meanwhile by somebody else; nothing was written
 * - `READ_ONLY`: plans that are read from a file, and can't be changed in another way
 * - `ADDRESS_UNKNOWN`: a request that is to be told by its address doesn't have one
 * - `FORWARDED_KEY`: requests are told apart by what a client may write into a header, and no proxy is declared
 * - `GUARD_MOUNTED_TWICE`: one request met the same guard twice, and would be charged twice
 */
export type ErrorCode =
  | 'INVALID_LIMIT'
  | 'NOT_EXACT'
  | 'INVALID_DURATION'
  | 'INVALID_KEY'
  | 'INVALID_COST'
  | 'INVALID_TIME'
  | 'INVALID_OPTION'
  | 'UNKNOWN_LIMIT'
  | 'INVALID_RESERVATION'
  | 'STORE_CONTENDED'
  | 'STORE_CLOSED'
  | 'STORE_FAILED'
  | 'STORE_TIMEOUT'
  | 'STORE_OVERLOADED'
  | 'STORE_UNAVAILABLE'
  | 'UNKNOWN_PLAN'
  | 'LOOKUP_FAILED'
  | 'QUEUE_FULL'
  | 'QUEUE_TIMEOUT'
  | 'QUEUE_CLOSED'
  | 'PLAN_IN_USE'
  | 'CHANGE_CONFLICT'
  | 'READ_ONLY'
  | 'ADDRESS_UNKNOWN'
  | 'FORWARDED_KEY'
  | 'GUARD_MOUNTED_TWICE'

/** What a {@link HeadgateError} is made of. */
export interface ErrorDetails {
  readonly code: ErrorCode
  /** What is wrong, in a sentence without its final stop. */
  readonly message: string
  /** What to do about it. */
  readonly fix: string
  /** The option or argument at fault, such as `"capacity"`. */
  readonly option?: string
  /** The value that was given. */
  readonly value?: unknown
  readonly cause?: unknown
  /** In how many whole milliseconds, 1 or more, the same may be tried again, where that is known. */
  readonly retryAfterMs?: number
}

/**
 * The one error class of Headgate. A denial is never an error: only misuse and infrastructure throw.
 *
 * @example
 * ```ts
 * import { HeadgateError, tokenBucket } from '@headgate/core'
 *
 * try {
 *   tokenBucket({ capacity: 0, refill: 1, per: '1s' })
 * } catch (error) {
 *   if (error instanceof HeadgateError) console.log(error.code, error.option) // INVALID_LIMIT capacity
 * }
 * ```
 */
export class HeadgateError extends Error {
  override readonly name = 'HeadgateError'
  readonly code: ErrorCode
  readonly option: string | undefined
  /** Not enumerable: whoever logs an error doesn't mean to log a password that was given by mistake. */
  declare readonly value: unknown
  readonly fix: string
  /**
   * In how many whole milliseconds, 1 or more, the same may be tried again: what a client can be told as `Retry-After`. It is no
   * promise that it then succeeds. Undefined where that isn't known, or where trying again is of no use.
   */
  declare readonly retryAfterMs: number | undefined

  constructor(details: ErrorDetails) {
    super(
      `${details.message}. ${details.fix}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    )
    this.code = details.code
    this.option = details.option
    Object.defineProperty(this, 'value', { value: details.value })
    this.fix = details.fix
    // Few errors have it, and those that don't are logged without it.
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
  }
}

/**
 * The error for an option that can't be meant, in the words that all packages have for it: "`option` must be `expected`, not
 * …", and what to do. It is returned, for you to throw.
 *
 * @param option as the caller writes it: `"timeout"`, `"breaker.failureRatio"`
 * @param value what was given; in the message it is as {@link showValue} shows it
 * @param expected what goes on after "must be": `"a whole number from 1 to 100"`
 * @param fix what to do, as a sentence without its final stop
 * @returns a {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { invalidOption } from '@headgate/core'
 *
 * export function checkTimeout(timeout: unknown = 1_000): number {
 *   if (typeof timeout === 'number' && timeout >= 1) return timeout
 *   throw invalidOption('timeout', timeout, 'milliseconds, 1 or more', 'Leave it out for 1000')
 * }
 * ```
 */
export function invalidOption(option: string, value: unknown, expected: string, fix: string): HeadgateError {
  const message = `\`${option}\` must be ${expected}, not ${showValue(value)}`
  return new HeadgateError({ code: 'INVALID_OPTION', option, value, message, fix })
}

/**
 * An error told of something larger, such as a file: its message begins with where it is. It is returned, for you to throw.
 *
 * @param where where it is, such as `"plans.yaml"`
 * @param option what the option at fault is called there; as it was unless told
 * @example
 * ```ts
 * import { errorIn, HeadgateError, toMs } from '@headgate/core'
 *
 * try {
 *   toMs('1y' as never, 'window')
 * } catch (error) {
 *   throw errorIn('limits.json', error as HeadgateError) // limits.json: `window` must be a duration …
 * }
 * ```
 */
export function errorIn(
  where: string,
  error: HeadgateError,
  option: string | undefined = error.option,
): HeadgateError {
  const { code, value, fix, cause, retryAfterMs } = error
  const message = `${where}: ${faultOf(error)}`
  return new HeadgateError({
    code,
    message,
    fix,
    value,
    cause,
    ...(option !== undefined && { option }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/**
 * What is wrong, without what to do about it: an error's message up to its fix, where both are told apart.
 *
 * @returns a sentence without its final stop
 * @example
 * ```ts
 * import { faultOf, invalidOption } from '@headgate/core'
 *
 * faultOf(invalidOption('port', 0, 'at least 1', 'Leave it out for 8787')) // `port` must be at least 1, not 0
 * ```
 */
export function faultOf({ message, fix }: HeadgateError): string {
  return message.slice(0, -`. ${fix}`.length)
}
