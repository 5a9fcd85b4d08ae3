import { conform, laws } from '@headgate/conformance'
import { HeadgateError } from '@headgate/core'
import { type RedisCluster, redisIsNative, startRedisCluster } from '@headgate/services'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromIoredis, fromNodeRedis, redisStore } from '../src/index.ts'
import { ask, PATIENT, whenComplete } from './support.ts'

const native = redisIsNative()
const SEVERAL_SUBJECTS = 'all or nothing across subjects'

describe.skipIf(!native)(native ? 'a Cluster' : 'a Cluster (skipped: there is no redis-server)', () => {
  let servers: RedisCluster
  let ioredis: Cluster
  let nodeRedis: ReturnType<typeof clusterOf>

  beforeAll(async () => {
    servers = await startRedisCluster()
    await whenComplete(servers)
    ioredis = new Cluster([...servers.nodes], {
      retryDelayOnFailover: 0,
      lazyConnect: true,
    })
    nodeRedis = clusterOf(servers)
    await Promise.all([ioredis.connect(), nodeRedis.connect()])
  }, 60_000)
  afterAll(async () => {
    ioredis.disconnect()
    nodeRedis.destroy()
    await servers.stop()
  })

  describe('in one slot', () => {
    conform({
      describe,
      it,
      sync: false,
      runs: 20,
      store: () => redisStore(fromIoredis(ioredis), { ...PATIENT, hashTag: 'x' }),
    })
  })

  describe.each([
    ['ioredis', () => fromIoredis(ioredis)],
    ['node-redis', () => fromNodeRedis(nodeRedis)],
  ] as const)('a slot for each subject, %s', (_name, client) => {
    // One call can't ask for two slots; that it is told so is tested below.
    for (const law of laws.filter(
      ({ name, promise }) => name !== SEVERAL_SUBJECTS && promise === undefined,
    )) {
      it(law.name, () => law.check(() => redisStore(client(), PATIENT), { runs: 20 }), 60_000)
    }

    it('decides about many subjects at once', async () => {
      const store = redisStore(client(), PATIENT)
      const ids = Array.from({ length: 500 }, (_, i) => `many ${_name} ${i % 100}`)
      const outcomes = await Promise.all(ids.map((id) => store.decide([ask(id, 3)])))
      expect(outcomes.filter(({ results }) => results[0]?.allowed)).toHaveLength(300)
      await store.delete([...new Set(ids)].map((id) => ({ scope: 's', id })))
      expect((await store.decide([ask(ids[0] as string, 3, 3)])).results[0]?.allowed).toBe(true)
      await store.close()
    })

    it('refuses a call for several subjects, and those beside it go on', async () => {
      const store = redisStore(client(), PATIENT)
      const both = [ask(`a ${_name}`, 3), ask(`b ${_name}`, 3)]
      const [refused, single] = await Promise.allSettled([
        store.decide(both),
        store.decide([ask(`a ${_name}`, 3)]),
      ])
      const reason = (refused as PromiseRejectedResult).reason
      expect(reason).toBeInstanceOf(HeadgateError)
      expect(reason).toMatchObject({ code: 'INVALID_OPTION', option: 'hashTag' })
      expect(single).toMatchObject({ status: 'fulfilled', value: { results: [{ allowed: true }] } })
      expect((await store.decide([ask(`a ${_name}`, 3, 2)])).results[0]?.allowed).toBe(true)
      await store.close()
    })
  })
})

function clusterOf(servers: RedisCluster) {
  const rootNodes = servers.nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` }))
  return createCluster({ rootNodes, defaults: { disableOfflineQueue: true } })
}
