import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@headgate/core'
import {
  type RedisCluster,
  redisIsNative,
  type Redis as Server,
  startRedis,
  startRedisCluster,
} from '@headgate/services'
import { Cluster, type Redis } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromIoredis, fromNodeRedis, type RedisScripts, redisStore } from '../src/index.ts'
import { createPlaces } from '../src/keys.ts'
import { ask, connectTo, whenComplete } from './support.ts'

const native = redisIsNative()
const REASON = native ? '' : ' (skipped: there is no redis-server)'
const LIMIT = 400
const SUBJECTS = 8

describe.skipIf(!native)(`a Cluster that is changed under load${REASON}`, () => {
  let servers: RedisCluster
  let masters: readonly Redis[]
  let replicaServer: Server

  beforeAll(async () => {
    servers = await startRedisCluster()
    await whenComplete(servers)
    masters = await Promise.all(servers.nodes.map(({ port }) => connectTo(`redis://127.0.0.1:${port}`)))
    // A new replica is otherwise made to wait for company.
    await Promise.all(masters.map((master) => master.config('SET', 'repl-diskless-sync-delay', '0')))
  }, 60_000)
  afterAll(async () => {
    await replicaServer?.stop()
    await servers.stop()
  })

  const clients: Record<string, () => Promise<RedisScripts & { end(): void }>> = {
    async ioredis() {
      const client = new Cluster([...servers.nodes], {
        retryDelayOnFailover: 0,
        lazyConnect: true,
      })
      await client.connect()
      return { ...fromIoredis(client), end: () => client.disconnect() }
    },
    async 'node-redis'() {
      const rootNodes = servers.nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` }))
      const client = createCluster({ rootNodes, defaults: { disableOfflineQueue: true } })
      await client.connect()
      return { ...fromNodeRedis(client), end: () => client.destroy() }
    },
  }

  test.each(Object.keys(clients))(
    'slots move from node to node: exact, and nothing fails (%s)',
    { timeout: 30_000 },
    async (name) => {
      const client = await (clients[name] as () => Promise<RedisScripts & { end(): void }>)()
      const store = redisStore(client, { timeout: 5_000 })
      const ids = Array.from({ length: SUBJECTS }, (_, i) => `moved ${name} ${i}`)
      const load = underLoad(store, ids)
      for (const id of ids) {
        await sleep(10)
        await moveSlotOf(id)
      }
      const { admitted, failures } = await load.end()
      expect(failures.map(String)).toEqual([])
      expect(admitted).toEqual(ids.map(() => LIMIT))
      await store.close()
      client.end()
    },
  )

  test('a replica takes over from its master: exact, and nothing fails', { timeout: 60_000 }, async () => {
    replicaServer = await startRedis(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'])
    const [master] = servers.nodes
    const at = ({ port }: { readonly port: number }) => `127.0.0.1:${port}`
    servers.cli('--cluster', 'add-node', at(replicaServer), at(master as { port: number }), '--cluster-slave')
    const replica = await connectTo(replicaServer.url)
    while (!(await replica.info('replication')).includes('master_link_status:up')) await sleep(20)

    const client = await (clients['ioredis'] as () => Promise<RedisScripts & { end(): void }>)()
    const store = redisStore(client, { timeout: 10_000 })
    const ids = Array.from({ length: SUBJECTS }, (_, i) => `failover ${i}`)
    const load = underLoad(store, ids)
    await sleep(50)
    // The others vote for it, or don't in time; then it asks again.
    while (!(await isMaster(replica))) {
      await replica.cluster('FAILOVER')
      for (let i = 0; i < 100 && !(await isMaster(replica)); i++) await sleep(20)
    }
    await sleep(50)
    const { admitted, failures } = await load.end()
    expect(failures.map(String)).toEqual([])
    expect(admitted).toEqual(ids.map(() => LIMIT))
    await store.close()
    client.end()
  })

  /** Asks under two limits for each id, over and over, until `end`, and until each is used up. */
  function underLoad(store: Store, ids: readonly string[]) {
    let running = true
    const admitted = ids.map(() => 0)
    const failures: unknown[] = []
    const worker = async (i: number) => {
      const id = ids[i] as string
      for (let denied = 0; running || denied < 5; ) {
        try {
          const { results } = await store.decide([ask(id, LIMIT), { ...ask(id, LIMIT * 2), scope: 't' }])
          if (results.every(({ allowed }) => allowed)) admitted[i] = (admitted[i] ?? 0) + 1
          else denied++
        } catch (error) {
          failures.push(error)
        }
        await sleep(1)
      }
    }
    const workers = ids.flatMap((_, i) => Array.from({ length: 4 }, () => worker(i)))
    return {
      async end() {
        running = false
        await Promise.all(workers)
        return { admitted, failures }
      },
    }
  }

  /** What `redis-cli --cluster reshard` does for a slot, key by key and with time in between. */
  async function moveSlotOf(id: string): Promise<void> {
    const { key } = createPlaces('hg', undefined)({ scope: 's', id })
    const slot = await (masters[0] as Redis).cluster('KEYSLOT', key)
    const nodes = await Promise.all(masters.map((master) => master.cluster('MYID')))
    const owner = await ownerOf(slot)
    const from = nodes.indexOf(owner)
    const to = (from + 1) % nodes.length
    const [source, target] = [masters[from] as Redis, masters[to] as Redis]
    await target.cluster('SETSLOT', slot, 'IMPORTING', owner)
    await source.cluster('SETSLOT', slot, 'MIGRATING', nodes[to] as string)
    for (;;) {
      const [one] = await source.cluster('GETKEYSINSLOT', slot, 1)
      if (one === undefined) break
      await source.migrate('127.0.0.1', servers.nodes[to]?.port as number, one, 0, 1_000)
      await sleep(10)
    }
    await target.cluster('SETSLOT', slot, 'NODE', nodes[to] as string)
    await source.cluster('SETSLOT', slot, 'NODE', nodes[to] as string)
  }

  async function isMaster(node: Redis): Promise<boolean> {
    return (await node.info('replication')).includes('role:master')
  }

  async function ownerOf(slot: number): Promise<string> {
    const slots = await (masters[0] as Redis).cluster('SLOTS')
    const range = slots.find(([first, last]) => first <= slot && slot <= last)
    const [, , master] = range as unknown as readonly [number, number, readonly string[]]
    return master[2] as string
  }
})
