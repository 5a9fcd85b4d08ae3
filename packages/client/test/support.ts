import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createFetch, type Fetch, type FetchOptions } from '../src/index.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

/** A request as a real server saw it. */
export interface Seen {
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly at: number
}

/** A real server on a socket; it is closed when the test is over. It answers when the body is read, or at once. */
export async function serve(
  answer: (response: ServerResponse, seen: Seen, count: number) => void,
  { read = true } = {},
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      if (read) for await (const chunk of request) chunks.push(chunk)
    } catch {
      return
    }
    const { method = '', headers } = request
    seen.push({ method, headers, body: Buffer.concat(chunks).toString('latin1'), at: performance.now() })
    answer(response, seen.at(-1) as Seen, seen.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen }
}

/** One sending in a simulation, in milliseconds since its start. */
export interface Sent {
  readonly url: string
  readonly at: number
}

/** A simulated network in virtual time, for schedules: what is sent when, with the time it takes each way. */
export function simulate(
  answer: (now: number, url: string, count: number) => Response,
  options: FetchOptions = {},
  latency: () => number = () => 0,
): { clock: VirtualClock; fetch: Fetch; sent: Sent[] } {
  const clock = virtualClock()
  const sent: Sent[] = []
  const network: Fetch = async (input) => {
    const url = String(input)
    sent.push({ url, at: clock.ms() })
    const there = latency()
    if (there > 0) await clock.sleep(there)
    const response = answer(clock.ms(), url, sent.length)
    const back = latency()
    if (back > 0) await clock.sleep(back)
    return response
  }
  return { clock, sent, fetch: createFetch({ fetch: network, clock, ...options }) }
}

export function reply(status: number, headers: Record<string, string> = {}): Response {
  return new Response(`status ${status}`, { status, headers })
}
