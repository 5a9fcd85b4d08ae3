import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { CLIENTS, type PlanName } from './plans.ts'

/** What the server answered to one request. */
export interface Answer {
  readonly key: string
  readonly plan: PlanName
  readonly status: number
  /** Seconds, of a denial. */
  readonly retryAfter: string | undefined
  readonly body: string
}

/** What to ask for, and for how long. */
export interface LoadOptions {
  readonly port: number
  readonly seconds: number
  readonly signal: AbortSignal
  readonly onAnswer: (answer: Answer) => void
}

/** A page is this many requests at once, at most; and this many ms go by between pages, on average. */
const MOST = 6
const PAUSE_MS = 320

/** All clients at once, each looking at page after page. Resolves when the last answer has come. */
export async function runLoad({ port, seconds, signal, onAnswer }: LoadOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const until = performance.now() + seconds * 1_000

  const browse = async (key: string, plan: PlanName, random: () => number): Promise<void> => {
    // Not all at the same moment.
    await pause(random() * PAUSE_MS, signal)
    while (performance.now() < until && !signal.aborted) {
      const requests = 1 + Math.floor(random() * MOST)
      const answers = await Promise.all(Array.from({ length: requests }, () => ask(agent, port, key)))
      for (const answer of answers) onAnswer({ key, plan, ...answer })
      await pause(PAUSE_MS * (0.5 + random()), signal)
    }
  }

  try {
    await Promise.all([...CLIENTS].map(([key, plan], i) => browse(key, plan, randomFrom(i + 1))))
  } finally {
    agent.destroy()
  }
}

function ask(
  agent: Agent,
  port: number,
  key: string,
): Promise<Pick<Answer, 'status' | 'retryAfter' | 'body'>> {
  return new Promise((resolve, reject) => {
    const call = request({ agent, host: '127.0.0.1', port, headers: { 'x-api-key': key } }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        body += part
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body })
      })
    })
    call.on('error', reject)
    call.end()
  })
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** mulberry32: the same numbers in every run, so that runs are alike. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
