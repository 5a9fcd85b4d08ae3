/// <reference path="../../../test/services/src/setup/provide.ts" />
import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, compileLimit, type Limit, tokenBucket } from '@headgate/core'
import type { RedisCluster } from '@headgate/services'
import { Redis, type RedisOptions } from 'ioredis'
import { afterAll, inject } from 'vitest'

type Options = Omit<RedisOptions, 'replyMapping'>

/** How the README tells to make a client of ioredis. */
const RECOMMENDED = { enableOfflineQueue: false, maxRetriesPerRequest: 0 } as const

/** For what is decided, not when: a busy machine may take its time. */
export const PATIENT = { timeout: 30_000 } as const

const clients: Redis[] = []
afterAll(() => {
  for (const client of clients) client.disconnect()
})

/** A connected client, which is disconnected when the file is done. */
export async function connectTo(url: string, options: Options = {}): Promise<Redis> {
  const all: Options = { ...RECOMMENDED, lazyConnect: true, ...options }
  const client = new Redis(url, all)
  client.on('error', () => undefined)
  clients.push(client)
  await client.connect()
  return client
}

/** One of the server of this run. */
export function connect(options?: Options): Promise<Redis> {
  return connectTo(inject('redisUrl'), options)
}

/** A question under a bucket that refills once an hour, so that nothing drains while a test runs. */
export function ask(id: string, capacity: number, cost = 1): Check {
  return { scope: 's', id, rule: ruleOf(tokenBucket({ capacity, refill: 1, per: '1h' })), cost }
}

function ruleOf(limit: Limit) {
  return compileLimit(limit).ruleAt(0)
}

/** Resolves when all masters of a new Cluster know that it is complete; until then some say CLUSTERDOWN. */
export async function whenComplete({ nodes, cli }: RedisCluster): Promise<void> {
  const isComplete = (port: number) => cli('-p', `${port}`, 'cluster', 'info').includes('cluster_state:ok')
  while (!nodes.every(({ port }) => isComplete(port))) await sleep(20)
}
