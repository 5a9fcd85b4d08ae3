import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { type FetchGuardOptions, withRateLimit } from '@headgate/http'
import { serve } from '@hono/node-server'
import { bytes, type Framework, held, served } from './framework.ts'

/** What the server hands over beside the request. */
interface Platform {
  readonly incoming: IncomingMessage
}

export const frameworks: readonly Framework[] = [
  {
    name: 'fetch handler',
    header: (request, field) => (request as Request).headers.get(field) ?? undefined,
    async serve(options) {
      const decisions = new WeakMap<object, number>()
      const handler = withRateLimit<[Platform], string>(answer, {
        address: (_request: Request, { incoming }: Platform) => incoming.socket.remoteAddress,
        ...options,
        onDecision(decision, request) {
          decisions.set(request, decision.remaining)
          options.onDecision?.(decision, request)
        },
      } as FetchGuardOptions<[Platform], string>)

      async function answer(request: Request): Promise<Response> {
        const [, route, part] = new URL(request.url).pathname.split('/')
        if (route === 'status') return new Response('done', { status: Number(part) })
        if (route === 'bytes') return new Response(bytes(part))
        if (route === 'held') return new Response(await held())
        if (route === 'decision') return Response.json({ remaining: decisions.get(request) })
        return new Response(route === 'hello' ? 'hello' : null)
      }

      const fetch = (request: Request, env: unknown): Promise<Response> =>
        handler(request, env as Platform).catch(() => new Response('failed', { status: 500 }))
      const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }) as Server
      return served(server, once(server, 'listening'))
    },
  },
]
