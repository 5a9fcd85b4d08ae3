import type { Micros } from '@headgate/core'
import type { Pass } from './budget.ts'
import { createGate, type Gate, type Place } from './gate.ts'
import { createGates } from './gates.ts'
import { checkOptions, type Fetch, type FetchOptions, type Settings } from './options.ts'
import { type Outgoing, readCall } from './outgoing.ts'
import { readSaid } from './said.ts'

/**
 * A fetch that keeps to the limits of the servers it talks to.
 *
 * - A 429, and a 503 with `Retry-After`, is sent again when the server says so (`Retry-After`, `RateLimit`,
 *   `RateLimit-Reset`, `X-RateLimit-Reset`), or else after a random wait that grows (full jitter).
 * - Requests to one origin share what any of them learns: while nothing remains, or the origin asked to wait, all wait, and
 *   go in the order of the calls.
 * - A body that can't be replayed is sent once: a stream, and a Request's body over 1 MiB.
 *
 * When attempts, `maxWait` or `maxTime` don't allow another try, the response is returned as fetch would.
 *
 * @returns a function like `fetch`. It rejects as fetch does, with the signal's reason when that is aborted, also while waiting;
 *   and with a `TimeoutError` (a DOMException) when its turn doesn't come within `maxTime`, so that it was never sent
 * @throws {@link HeadgateError} `INVALID_OPTION`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { createFetch } from '@headgate/client'
 *
 * const fetch = createFetch({ maxWait: '30s' })
 * const response = await fetch('https://api.example.com/users', { signal: AbortSignal.timeout(60_000) })
 * ```
 */
export function createFetch(options: FetchOptions = {}): Fetch {
  const settings = checkOptions(options)
  // Called by itself: browsers refuse a fetch that is called as another object's method.
  const { fetch: send, clock, maxWait, maxTime } = settings
  const gateOf = createGates(settings.maxOrigins, () => createGate(clock, maxWait))
  let calls = 0

  return async (input, init) => {
    const call = readCall(send, input, init)
    if (call === undefined) return send(input, init)
    const place = { number: calls++, deadline: clock.now() + maxTime, signal: call.signal }
    try {
      return await sendInTurn(settings, gateOf, call, place)
    } finally {
      call.release()
    }
  }
}

async function sendInTurn(
  settings: Settings,
  gateOf: (origin: string) => Gate,
  call: Outgoing,
  place: Place,
): Promise<Response> {
  const { clock, maxAttempts, maxWait } = settings
  /** Kept whole while it isn't certain that there will be a better one. */
  let last: Response | undefined
  /** Why it fails if it isn't sent again. */
  let failure: unknown = tooLate(call.origin)

  for (let attempt = 1; ; attempt++) {
    const isLast = attempt >= maxAttempts
    const gate = gateOf(call.origin)
    const pass = await gate.enter(place).catch((reason: unknown) => {
      discard(last)
      throw reason
    })
    if (pass === undefined) {
      if (last === undefined) throw failure
      return last
    }
    discard(last)
    last = undefined

    let response: Response
    try {
      response = await call.send()
    } catch (error) {
      gate.leave(pass, { quotas: [], closedFor: 0, served: false })
      const wait = backoff(settings, attempt)
      const mayRetry = settings.retryNetworkErrors && call.isIdempotent && call.canResend()
      if (!mayRetry || isLast || clock.now() + wait >= place.deadline) throw error
      failure = error
      await clock.sleep(wait / 1_000, call.signal)
      continue
    }

    const wait = settle(settings, gate, pass, response, attempt)
    if (wait === undefined || isLast || wait > maxWait || !call.canResend()) return response
    last = response
  }
}

/** Tells the gate what a response says, and how long to wait before the same is sent again; undefined if it isn't to be. */
function settle(
  settings: Settings,
  gate: Gate,
  pass: Pass,
  response: Response,
  attempt: number,
): Micros | undefined {
  const { retryAfter, quotas } = readSaid(response, settings.clock.now())
  const isThrottled = response.status === 429 || (response.status === 503 && retryAfter !== undefined)
  if (!isThrottled) {
    gate.leave(pass, { quotas, closedFor: 0, served: response.status < 500 })
    return undefined
  }
  const exhausted = quotas.filter(({ remaining }) => remaining === 0).map(({ lasts }) => lasts)
  // "At once" is no time that could be kept to: whoever is told so again and again backs off.
  const wait = retryAfter || Math.max(0, ...exhausted) || backoff(settings, attempt)
  gate.leave(pass, { quotas, closedFor: wait, served: false })
  return wait
}

/** Full jitter: any wait up to a bound that doubles is as likely, so that those who failed together don't return together. */
function backoff({ backoff: first, maxWait, random }: Settings, attempt: number): Micros {
  return Math.ceil(random() * Math.min(maxWait, first * 2 ** (attempt - 1)))
}

/** Frees the connection of a response that nobody will read. */
function discard(response: Response | undefined): void {
  // It fails when the body is read or failed already, which is as good.
  response?.body?.cancel().catch(() => {})
}

function tooLate(origin: string): DOMException {
  return new DOMException(`no turn at ${origin} within maxTime; the request was not sent`, 'TimeoutError')
}
