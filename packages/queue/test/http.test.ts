import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createLimiter, fixedWindow, manualClock } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { createDirectory, definePlans } from '@headgate/plans'
import express, { type Response } from 'express'
import { expect, onTestFinished, test } from 'vitest'
import { createQueue, type Queue, type QueueOptions } from '../src/index.ts'
import { settle } from './support.ts'
import { takeTurns } from './take-turns.ts'

const directory = createDirectory({
  plans: definePlans({ free: { daily: 1_000 }, premium: { daily: 100_000, priority: 10 } }),
  default: 'free',
  subjects: { acme: 'premium' },
})

interface Served {
  readonly queue: Queue
  /** The responses that were begun, with whose they are; each stays open until it is ended. */
  readonly begun: { readonly account: string; readonly response: Response }[]
  get(account: string, signal?: AbortSignal): Promise<globalThis.Response>
}

async function serve(options: QueueOptions): Promise<Served> {
  const queue = createQueue(options)
  const begun: Served['begun'] = []
  const app = express()
  app.use(takeTurns(queue, directory))
  app.get('/', (request, response) => void begun.push({ account: request.get('x-account') ?? '', response }))
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const get: Served['get'] = (account, signal) =>
    fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-account': account }, ...(signal && { signal }) })
  return { queue, begun, get }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle()
}

test('the README has the middleware that is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, middleware = 'none'] = read('take-turns.ts').split('word for word.\n')
  expect(read('../README.md')).toContain(middleware)
})

test('who pays goes first; when there is no room, 503 with Retry-After', async () => {
  const { queue, begun, get } = await serve({ concurrency: 1, maxQueued: 2, maxWait: '1h' })
  const first = get('first')
  await until(() => begun.length === 1)
  const free = get('free')
  await until(() => queue.size === 1)
  const acme = get('acme')
  await until(() => queue.size === 2)
  const refused = await get('another')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])

  for (let i = 0; i < 3; i++) {
    await until(() => begun.length === i + 1)
    begun[i]?.response.end()
  }
  expect((await Promise.all([first, free, acme])).map(({ status }) => status)).toEqual([200, 200, 200])
  expect(begun.map(({ account }) => account)).toEqual(['first', 'acme', 'free'])
  await until(() => queue.running === 0)
})

test('Retry-After is when the limiter may allow again, rounded up to whole seconds', async () => {
  const clock = manualClock()
  const limiter = createLimiter({
    store: memoryStore({ clock }),
    limits: { upstream: fixedWindow({ limit: 1, window: '1m' }) },
    clock,
  })
  const { queue, begun, get } = await serve({ limiter, maxQueued: 1, maxWait: '1h', clock })
  const first = get('first')
  await until(() => begun.length === 1)
  const second = get('second')
  await until(() => queue.size === 1)
  // So that the limiter has said when.
  await settle()
  clock.advance('1500ms')
  const refused = await get('third')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '59'])

  clock.advance('58500ms')
  await until(() => begun.length === 2)
  for (const { response } of begun) response.end()
  expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200])
})

test('a client that goes away frees its place, whether it waits or is being served', async () => {
  const { queue, begun, get } = await serve({ concurrency: 1, maxWait: '1h' })
  const aborts = ['served', 'waits', 'next'].map((account) => ({ account, abort: new AbortController() }))
  for (const [i, { account, abort }] of aborts.entries()) {
    get(account, abort.signal).catch(() => undefined)
    await until(() => queue.size + queue.running === i + 1)
  }
  aborts[1]?.abort.abort()
  await until(() => queue.size === 1)
  expect(begun.map(({ account }) => account)).toEqual(['served'])
  aborts[0]?.abort.abort()
  await until(() => begun.length === 2)
  expect(begun[1]?.account).toBe('next')
  begun[1]?.response.end()
  await until(() => queue.running === 0)
})

test('a response that closes in the moment in which its turn comes gives it back', async () => {
  const queue = createQueue({ concurrency: 1 })
  const { release } = await queue.acquire()
  const response = new EventEmitter()
  const next = (): void => expect.unreachable('it is closed')
  const turn = takeTurns(queue, directory)({ get: () => 'acme' } as never, response as never, next)
  await until(() => queue.size === 1)
  // Both in one go, as when a server closes all of its connections.
  release()
  response.emit('close')
  await turn
  expect([queue.size, queue.running]).toEqual([0, 0])
})
