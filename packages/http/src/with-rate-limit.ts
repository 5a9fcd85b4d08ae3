import { invalidOption } from '@headgate/core'
import { createGuard, type Guard } from './guard.ts'
import type { GuardOptions, GuardSettings, LimitsOptions } from './guard-options.ts'
import type { Host } from './host.ts'
import type { Reply, Verdict } from './verdict.ts'

/** A handler of `fetch` style: of Deno, Bun, Workers, Next.js route handlers. */
export type FetchHandler<Rest extends readonly unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>

/** A handler with a guard before it. */
export type LimitedHandler<Rest extends readonly unknown[], Name extends string> = ((
  request: Request,
  ...rest: Rest
) => Promise<Response>) & { readonly guard: Guard<Request, Name> }

/** Options of {@link withRateLimit}. */
export type FetchGuardOptions<Rest extends readonly unknown[], Name extends string> = LimitsOptions<
  Request,
  Name
> &
  GuardSettings<Request, Name> & {
    /**
     * The client's address. A `Request` doesn't have it, each platform tells it in its own way: needed unless there is a `key`,
     * or `proxies` is a number, so that the last of them says it.
     */
    readonly address?: (request: Request, ...rest: Rest) => string | undefined
  }

/**
 * Puts a guard before a handler of `fetch` style.
 *
 * @throws {@link HeadgateError} as {@link createGuard} does, and `INVALID_OPTION` when it says nowhere who the client is
 * @example
 * ```ts
 * import { tokenBucket } from '@headgate/core'
 * import { withRateLimit } from '@headgate/http'
 * import { memoryStore } from '@headgate/memory'
 *
 * export default {
 *   fetch: withRateLimit(() => new Response('hello'), {
 *     store: memoryStore(),
 *     limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) },
 *     address: (request) => request.headers.get('cf-connecting-ip') ?? undefined, // Cloudflare Workers
 *   }),
 * }
 * ```
 */
export function withRateLimit<Rest extends readonly unknown[], Name extends string>(
  // What comes beside the request may be of interest to the handler, to `address`, or to both.
  handler: FetchHandler<NoInfer<Rest>>,
  options: FetchGuardOptions<Rest, Name>,
): LimitedHandler<Rest, Name>
export function withRateLimit<Rest extends readonly unknown[], Name extends string>(
  handler: FetchHandler<Rest>,
  options: FetchGuardOptions<NoInfer<Rest>, Name>,
): LimitedHandler<Rest, Name>
export function withRateLimit<Rest extends readonly unknown[], Name extends string>(
  handler: FetchHandler<Rest>,
  options: FetchGuardOptions<Rest, Name>,
): LimitedHandler<Rest, Name> {
  const { address, key, proxies } = options
  // A list of proxies is asked about the socket's address first; a number takes their word.
  if (key === undefined && address === undefined && typeof proxies !== 'number') {
    throw invalidOption(
      'address',
      address,
      'a function',
      'Say how the platform tells the client’s address, or how many `proxies` stand before it, or pass a `key`',
    )
  }
  const { address: _, ...settings } = options
  const guard = createGuard(fetchHost, settings as GuardOptions<Request, Name>)

  const limited = async (request: Request, ...rest: Rest): Promise<Response> => {
    const checked = guard.check(request, address?.(request, ...rest))
    const verdict = checked instanceof Promise ? await checked : checked
    const { reply, fields, settle } = verdict
    if (reply !== undefined) return replyWith(reply, fields)
    let response: Response
    try {
      const answered = handler(request, ...rest)
      response = answered instanceof Promise ? await answered : answered
    } catch (error) {
      // It has cost what a response of 500 does.
      await settle?.({ status: 500, bytes: 0, aborted: false })
      throw error
    }
    return finishResponse(response, verdict)
  }
  return Object.assign(limited, { guard })
}

/** The host of everything that speaks of Web-standard requests. They don't know an address. */
export const fetchHost: Host<Request> = {
  method: (request) => request.method,
  header: (request, name) => request.headers.get(name) ?? undefined,
  address: () => undefined,
  onGone({ signal }, listener) {
    if (signal.aborted) {
      const timer = setTimeout(listener)
      return () => clearTimeout(timer)
    }
    signal.addEventListener('abort', listener, { once: true })
    return () => signal.removeEventListener('abort', listener)
  },
}

/** The response of a verdict that doesn't let the request go on. */
export function replyWith({ status, body }: Reply, fields: Verdict['fields']): Response {
  const response = new Response(body, { status })
  // One by one: cheaper than a list that the constructor has to look through.
  for (const [name, value] of fields) response.headers.set(name, value)
  return response
}

/** A handler's response with the guard's fields on it; where the cost is settled, its bytes are counted on their way. */
export function finishResponse(response: Response, { fields, settle }: Verdict): Response {
  const counted = settle === undefined ? response : settleWhenRead(response, settle)
  const own = setFields(counted, fields) ?? setFields(new Response(counted.body, counted), fields)
  return own ?? counted
}

/** Undefined where the fields can't be set: those of a response that was fetched are its own. */
function setFields(response: Response, fields: Verdict['fields']): Response | undefined {
  try {
    const { headers } = response
    for (const field of fields) headers.set(field[0], field[1])
    return response
  } catch {
    return undefined
  }
}

function settleWhenRead(response: Response, settle: NonNullable<Verdict['settle']>): Response {
  const { status, body } = response
  if (body === null) {
    void settle({ status, bytes: 0, aborted: false })
    return response
  }
  let bytes = 0
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      controller.enqueue(chunk)
    },
  })
  // Rejects when the client goes away, and when the body fails.
  const sent = body.pipeTo(counter.writable)
  void sent.then(
    () => settle({ status, bytes, aborted: false }),
    () => settle({ status, bytes, aborted: true }),
  )
  return new Response(counter.readable, response)
}
