import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { fromIoredis, redisStore } from '@headgate/redis'
import type {} from '@headgate/services'
import { Redis } from 'ioredis'
import { afterAll, inject } from 'vitest'

const closers: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Is called when the file is done. */
export function later(close: () => unknown): void {
  closers.push(close)
}

let client: Redis | undefined

async function connected(): Promise<Redis> {
  if (client !== undefined) return client
  client = new Redis(inject('redisUrl'), {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
  })
  client.on('error', () => undefined)
  const own = client
  later(() => own.disconnect())
  await client.connect()
  return client
}

/** The Headgate stores that every adapter is tried on. Each call gives one of its own; those in Redis share a server. */
export const backends: readonly { name: string; open: () => Promise<Store> }[] = [
  { name: 'memory', open: async () => memoryStore() },
  { name: 'Redis', open: async () => redisStore(fromIoredis(await connected()), { prefix: randomUUID() }) },
]

/** Several stores at the same counts, as several instances of an app have them. */
export async function instances(count: number): Promise<Store[]> {
  const [redis, prefix] = [await connected(), randomUUID()]
  return Array.from({ length: count }, () => redisStore(fromIoredis(redis), { prefix }))
}

/** A store whose server is away. */
export const away: Store = {
  name: 'away',
  decide: async () => Promise.reject(new Error('no route')),
  adjust: async () => Promise.reject(new Error('no route')),
  delete: async () => Promise.reject(new Error('no route')),
  close: async () => undefined,
}

/** The address of a handler that listens until the file is done. */
export async function serve(handler: RequestListener | Server): Promise<string> {
  const server = typeof handler === 'function' ? createServer(handler) : handler
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  later(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** One request; the caller says who it is in the header `x-key`. */
export async function get(url: string, key = 'u'): Promise<Answer> {
  const response = await fetch(url, { headers: { 'x-key': encodeURIComponent(key) } })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

/** Who a request says it is. */
export function keyIn(header: string | readonly string[] | undefined): string {
  return decodeURIComponent(`${header ?? ''}`)
}

/** The statuses of requests, one after the other. */
export async function statuses(url: string, times: number, key = 'u'): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < times; i++) all.push((await get(url, key)).status)
  return all
}

/** The statuses of requests that are under way together, spread over the instances. */
export async function atOnce(urls: readonly string[], times: number, key = 'u'): Promise<number[]> {
  const asked = Array.from({ length: times }, (_, i) => get(urls[i % urls.length] ?? '', key))
  return (await Promise.all(asked)).map(({ status }) => status)
}

export function countOf(all: readonly number[], status: number): number {
  return all.filter((each) => each === status).length
}

/** Keys that trip up those who count in objects, in protocols or in fixed widths. */
export const hostile: readonly string[] = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'a\0b',
  'a\0',
  'a',
  'a}b',
  '{}',
  '\ud800',
  '\udc00',
  '🙂',
  '0',
  'drop-in/hits',
  'x'.repeat(2 ** 20),
  `${'x'.repeat(2 ** 20)}y`,
]
