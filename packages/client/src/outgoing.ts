import { copyBody, type Kept, keepBody } from './body.ts'
import type { Fetch } from './options.ts'

type Input = Parameters<Fetch>[0]

/** A call of fetch, read when it was made. */
export interface Outgoing {
  readonly origin: string
  /** Whether the same request twice means no more than once, by its method (RFC 9110, 9.2.2). */
  readonly isIdempotent: boolean
  readonly signal: AbortSignal | undefined
  /** Sends it, for the first time or again. */
  send(): Promise<Response>
  canResend(): boolean
  /** It won't be sent again. */
  release(): void
}

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']

/** Undefined for what has no server that could limit it, or isn't a URL at all: that is fetch's own business. */
export function readCall(fetch: Fetch, input: Input, init: RequestInit | undefined): Outgoing | undefined {
  const request = isRequest(input) ? input : undefined
  const url = parseUrl(request?.url ?? String(input))
  if (url === undefined) return undefined

  const method = String(init?.method ?? request?.method ?? 'GET').toUpperCase()
  const call = readBody(request, init)
  let sent = 0
  return {
    origin: url.origin,
    isIdempotent: IDEMPOTENT.includes(method),
    // As fetch has it, null takes a Request's signal away.
    signal: (init?.signal === undefined ? request?.signal : init.signal) ?? undefined,
    send() {
      const bytes = sent++ > 0 ? call.kept?.bytes() : undefined
      return fetch(
        input instanceof URL ? url.href : input,
        bytes === undefined ? call.init : { ...call.init, body: bytes },
      )
    },
    canResend: () => (call.kept === undefined ? call.isStable : call.kept.bytes() !== undefined),
    release: () => call.kept?.release(),
  }
}

/** By its shape, since there are other classes of that name than the global one. */
function isRequest(input: Input): input is Request {
  return typeof input === 'object' && 'url' in input && 'clone' in input
}

function parseUrl(text: string): URL | undefined {
  try {
    // Pages have an address that others are relative to.
    const url = new URL(text, (globalThis as { location?: { href: string } }).location?.href)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
  } catch {
    return undefined
  }
}

interface Call {
  /** As it was when the call was made. */
  readonly init: RequestInit | undefined
  /** Whether sending the same again sends the same. */
  readonly isStable: boolean
  /** Where the body can only be had by reading it. */
  readonly kept?: Kept
}

function readBody(request: Request | undefined, init: RequestInit | undefined): Call {
  // An object of another kind, such as a Request, can't be copied.
  const prototype = init && Object.getPrototypeOf(init)
  if (init && prototype !== Object.prototype && prototype !== null) {
    return { init, isStable: !init.body && !request?.body }
  }
  const own = init && { ...init, ...(init.headers && { headers: new Headers(init.headers) }) }
  if (own?.body !== undefined && own.body !== null) {
    const body = copyBody(own.body)
    return { init: body === undefined ? own : { ...own, body }, isStable: body !== undefined }
  }
  if (request === undefined || request.body === null) return { init: own, isStable: true }
  // Some browsers don't show the bodies of Requests.
  if (!request.body) return { init: own, isStable: false }
  // Refuses, as fetch does, what was used already.
  const spare = request.clone().body
  return { init: own, isStable: false, ...(spare && { kept: keepBody(spare) }) }
}
