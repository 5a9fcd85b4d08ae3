import type { Handler, Limiting, MakeApplication } from './application.ts'
import { handWritten } from './hand-written.ts'
import { headgateOptions } from './headgate.ts'

export const fetchHandler: MakeApplication = (limiting, allowance) => LIMITERS[limiting](allowance)

const hello = (): Response => new Response('hello')

const LIMITERS: {
  readonly [L in Limiting]: (allowance: Parameters<MakeApplication>[1]) => Promise<Handler>
} = {
  none: async () => async () => hello(),
  async 'hand-written'(allowance) {
    const { policy, take } = handWritten(allowance)
    return async (_, address) => {
      const { allowed, seconds, standing } = take(address)
      const response = allowed ? hello() : new Response('Too many requests', { status: 429 })
      response.headers.set('RateLimit-Policy', policy)
      response.headers.set('RateLimit', standing)
      if (!allowed) response.headers.set('Retry-After', String(seconds))
      return response
    }
  },
  async headgate(allowance) {
    const { withRateLimit } = await import('@headgate/http')
    const address = (_: Request, from: string) => from
    return withRateLimit(hello, { ...headgateOptions(allowance), address })
  },
  async peer() {
    throw new Error('a fetch handler has no limiter of its own')
  },
}
