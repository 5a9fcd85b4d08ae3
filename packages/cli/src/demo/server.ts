import { createWriteStream } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { finished } from 'node:stream/promises'
import { createLimiter } from '@headgate/core'
import { sqliteStore } from '@headgate/sqlite'
import { CLIENTS, PLANS, type PlanName } from './plans.ts'

/** A server that limits by plan. */
export interface DemoServer {
  readonly port: number
  /** How long each decision took so far, in ms. */
  readonly decisionMs: readonly number[]
  /** Stops it; the access log is complete then. */
  close(): Promise<void>
}

/** Serves on a free port of the loopback: limits in a SQLite file, an access log of JSON lines in another. */
export async function startServer(database: string, accessLog: string): Promise<DemoServer> {
  const store = sqliteStore({ file: database })
  const limiter = createLimiter({
    store,
    name: 'demo',
    limits: ({ plan }: { plan: PlanName }) => PLANS[plan].limits,
  })
  const log = createWriteStream(accessLog)
  const decisionMs: number[] = []

  const answer = async (key: string, response: ServerResponse): Promise<void> => {
    const plan = CLIENTS.get(key)
    if (plan === undefined) {
      response.writeHead(401).end()
      return
    }
    const started = performance.now()
    const decision = await limiter.consume(key, { context: { plan } })
    decisionMs.push(performance.now() - started)
    const status = decision.allowed ? 200 : 429
    log.write(`${JSON.stringify({ time: new Date().toISOString(), key, plan, status })}\n`)
    response.statusCode = status
    response.setHeader('content-type', 'application/json')
    if (!decision.allowed) response.setHeader('retry-after', Math.ceil((decision.retryAfterMs ?? 0) / 1_000))
    response.end(JSON.stringify({ plan, limit: decision.binding, remaining: decision.remaining }))
  }

  const server = createServer((request, response) => {
    answer(String(request.headers['x-api-key'] ?? ''), response).catch(() => {
      response.writeHead(503).end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })

  return {
    port: (server.address() as AddressInfo).port,
    decisionMs,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await closed
      log.end()
      await finished(log)
      await store.close()
    },
  }
}
