import { createFetch } from '@headgate/client'
import { HeadgateError } from '@headgate/core'
import { rateLimit } from '@headgate/hono'
import { type FetchGuardOptions, type FetchHandler, type Guard, withRateLimit } from '@headgate/http'
import { type Context, Hono } from 'hono'
import { guardsBy } from './guards.ts'

/** How a runtime tells the client's address: in its own way, or by what proxies wrote. */
export interface Platform<Beside> {
  readonly address?: (request: Request, beside: Beside) => string | undefined
  readonly proxies?: number
}

type Handler<Beside> = (request: Request, beside: Beside) => Promise<Response>

/**
 * The application under test. `/fetch/<guard>` stands behind `withRateLimit`, `/hono/<guard>` behind the middleware of
 * @headgate/hono; both answer "hello", or the body that they were sent. Any other path says hello to everyone, except `/call`,
 * which calls the server `?peer=` as one who is limited, and `/undeclared`, which makes a guard that can't know addresses.
 */
export function createApp<Beside>(platform: Platform<Beside>): Handler<Beside> {
  const byFetch = behindFetch(platform, hello)
  const byHono = behindHono(platform)
  return async (request, beside) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname.startsWith('/fetch/')) return byFetch(request, beside)
    if (pathname.startsWith('/hono/')) return byHono(request, beside)
    if (pathname === '/call') return call(searchParams.get('peer') ?? '')
    if (pathname === '/undeclared') return undeclared()
    return hello(request)
  }
}

/** `/…/<guard>` before a handler; `/…/<guard>/left` says what remains under the key "all". */
export function behindFetch<Beside>(
  platform: Platform<Beside>,
  handler: FetchHandler<[Beside]>,
): Handler<Beside> {
  const guards = guardsBy<Request>((request, name) => request.headers.get(name) ?? undefined)
  const limited = new Map(
    Object.entries(guards).map(([name, options]) => [
      name,
      withRateLimit(handler, { ...platform, ...options } as FetchGuardOptions<[Beside], string>),
    ]),
  )
  return async (request, beside) => {
    const [, , name = '', left] = new URL(request.url).pathname.split('/')
    const handle = limited.get(name)
    if (handle === undefined) return new Response(null, { status: 404 })
    return left === undefined ? handle(request, beside).catch(failed) : remaining(handle.guard)
  }
}

function behindHono<Beside>({ address, ...platform }: Platform<Beside>): Handler<Beside> {
  // What the runtime hands over beside the request is Hono's `env`.
  const own = address && { address: (c: Context) => address(c.req.raw, c.env) }
  const app = new Hono()
  for (const [name, options] of Object.entries(guardsBy<Context>((c, field) => c.req.header(field)))) {
    const limited = rateLimit({ ...platform, ...own, ...options })
    app.get(`/hono/${name}/left`, () => remaining(limited.guard))
    app.all(`/hono/${name}`, limited, (c) => hello(c.req.raw))
  }
  app.onError(failed)
  return async (request, beside) => app.fetch(request, beside as object)
}

async function hello(request: Request): Promise<Response> {
  return text(request.method === 'POST' ? await request.text() : 'hello')
}

async function remaining({ limiter }: Pick<Guard<Request>, 'limiter'>): Promise<Response> {
  return text(String((await limiter.peek('all')).remaining))
}

/** Of a Request the body can only be sent again if it is read along, so the runtime must let it. */
async function call(peer: string): Promise<Response> {
  const response = await createFetch()(new Request(peer, { method: 'POST', body: 'später' }))
  return text(`${response.status} ${await response.text()}`)
}

function undeclared(): Response {
  try {
    behindFetch({}, hello)
    return text('no error')
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): Response {
  if (error instanceof HeadgateError) return text(`${error.code} ${error.option}`, 500)
  throw error
}

function text(body: string, status = 200): Response {
  return new Response(body, { status, headers: { 'content-type': 'text/plain' } })
}
