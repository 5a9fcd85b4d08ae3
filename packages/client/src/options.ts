import {
  type Clock,
  checkWhole,
  type Duration,
  invalidOption,
  type Micros,
  systemClock,
  toMs,
} from '@headgate/core'

/** fetch's own signature. */
export type Fetch = (...args: Parameters<typeof fetch>) => Promise<Response>

/** Options of `createFetch`. */
export interface FetchOptions {
  /** What sends; the global `fetch` unless told. */
  readonly fetch?: Fetch
  /** How often a request is sent at most, the first time included: a whole number from 1 to 1,000; 5 unless told. */
  readonly maxAttempts?: number
  /**
   * For how long a server's word is obeyed; `"1m"` unless told. A response that asks for more is returned at once, and after
   * `maxWait` one request tries whether the server serves again.
   */
  readonly maxWait?: Duration
  /** For how long after the call the request may still be sent, again or at all; `"5m"` unless told. */
  readonly maxTime?: Duration
  /**
   * The longest first wait when the server names no time; `"500ms"` unless told. It doubles with each attempt, up to `maxWait`; the wait itself is
   * random between 0 and that.
   */
  readonly backoff?: Duration
  /**
   * Whether a request that fails without an answer is sent again, where its method is idempotent (GET, HEAD, OPTIONS, TRACE,
   * PUT, DELETE). `false` unless told: nobody knows whether the server acted.
   */
  readonly retryNetworkErrors?: boolean
  /** Of how many origins it is kept what they said: a whole number from 1 to 2^24; 1,000 unless told. */
  readonly maxOrigins?: number
  /** The process's clock unless told; for tests, `manualClock()` of core. */
  readonly clock?: Clock
  /** From 0 to below 1, for the jitter; `Math.random` unless told. */
  readonly random?: () => number
}

/** Options that were checked; times are in microseconds, as those of a clock. */
export interface Settings {
  readonly fetch: Fetch
  readonly maxAttempts: number
  readonly maxWait: Micros
  readonly maxTime: Micros
  readonly backoff: Micros
  readonly retryNetworkErrors: boolean
  readonly maxOrigins: number
  readonly clock: Clock
  readonly random: () => number
}

export function checkOptions(options: FetchOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw invalidOption('options', options, 'an object', 'Leave it out for the defaults')
  }
  const {
    // Looked up at each call, as a call of the global itself would.
    fetch = (...args) => globalThis.fetch(...args),
    maxAttempts = 5,
    maxWait = '1m',
    maxTime = '5m',
    backoff = '500ms',
    retryNetworkErrors = false,
    maxOrigins = 1_000,
    clock = systemClock(),
    random = Math.random,
  } = options
  checkFunction('fetch', fetch)
  checkFunction('random', random)
  checkFunction('clock.now', clock?.now)
  checkFunction('clock.sleep', clock?.sleep)
  checkWhole('maxAttempts', maxAttempts, 1, 1_000, 'Leave it out for the default')
  checkWhole('maxOrigins', maxOrigins, 1, 2 ** 24, 'Leave it out for the default')
  if (typeof retryNetworkErrors !== 'boolean') {
    throw invalidOption('retryNetworkErrors', retryNetworkErrors, 'true or false', 'Leave it out for false')
  }
  return {
    fetch,
    maxAttempts,
    maxWait: micros('maxWait', maxWait),
    maxTime: micros('maxTime', maxTime),
    backoff: micros('backoff', backoff),
    retryNetworkErrors,
    maxOrigins,
    clock,
    random,
  }
}

/** Ten years: a clock's reading and such a span add up to a safe integer. */
const LONGEST = 315_360_000_000

function micros(option: string, value: Duration): Micros {
  const ms = toMs(value, option)
  if (ms > LONGEST) throw invalidOption(option, value, 'at most 3650 days', 'Give what a caller can wait')
  return ms * 1_000
}

function checkFunction(option: string, value: unknown): void {
  if (typeof value === 'function') return
  throw invalidOption(option, value, 'a function', 'Leave it out for the default')
}
