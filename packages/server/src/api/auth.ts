import { createLimiter, type SyncLimiter, tokenBucket } from '@headgate/core'
import { parseAddress } from '@headgate/http'
import { memoryStore } from '@headgate/memory'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestError } from '../problem.ts'
import { type FindBearer, includes } from '../tokens.ts'

/** How often an address may be wrong: enough for somebody who mistypes, too few for guessing. */
const GUESSES = { wrong: tokenBucket({ capacity: 20, refill: 20, per: '1m' }) }

/** Lets those routes that need a scope be asked only by who has a token for it. */
export function requireTokens(app: FastifyInstance, findBearer: FindBearer): void {
  const guesses = createLimiter({ store: memoryStore({ maxKeys: 10_000 }), limits: GUESSES, name: 'guesses' })
  app.decorateRequest('bearer', undefined)
  app.addHook('onRequest', async (request) => {
    const needed = request.routeOptions.config.scope
    if (needed === undefined) return
    const token = tokenIn(request.headers.authorization)
    if (token === undefined) throw new RequestError(401, 'UNAUTHORIZED', 'This needs a token', { fix: FIX })
    const bearer = findBearer(token)
    if (bearer === undefined) throw wrongToken(request, guesses)
    if (!includes(bearer.scope, needed)) {
      const fix = `Use a token whose scope is "${needed}" or "manage"`
      throw new RequestError(403, 'FORBIDDEN', `The token "${bearer.name}" may ${bearer.scope} only`, { fix })
    }
    request.bearer = bearer
  })
}

const FIX = 'Send `Authorization: Bearer …` with a token of this service'

function wrongToken({ socket }: FastifyRequest, guesses: SyncLimiter<typeof GUESSES>): RequestError {
  const address = socket.remoteAddress ?? 'unknown'
  // Whoever has one address of IPv6 has its whole network.
  const { allowed, retryAfterMs } = guesses.consumeSync(parseAddress(address)?.key ?? address)
  if (allowed)
    return new RequestError(401, 'UNAUTHORIZED', 'The service does not know this token', { fix: FIX })
  return new RequestError(429, 'TOO_MANY_GUESSES', 'Too many wrong tokens came from this address', {
    fix: 'Wait, and send one that is known',
    ...(retryAfterMs !== null && { retryAfterMs }),
  })
}

function tokenIn(field: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(field ?? '')?.[1]
}
