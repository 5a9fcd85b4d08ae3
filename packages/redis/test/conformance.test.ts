import { conform } from '@headgate/conformance'
import type { Store } from '@headgate/core'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, inject, it } from 'vitest'
import { fromIoredis, fromNodeRedis, redisStore } from '../src/index.ts'
import { ask, connect, PATIENT } from './support.ts'

const ioredis = await connect()

describe('ioredis, gathered', () => {
  conform({ describe, it, sync: false, runs: 50, store: () => redisStore(fromIoredis(ioredis), PATIENT) })
})

describe('ioredis, each by itself', () => {
  conform({
    describe,
    it,
    sync: false,
    ordered: true,
    runs: 50,
    store: () => redisStore(fromIoredis(ioredis), { ...PATIENT, gather: false }),
  })
})

/** A store whose decisions never travel alone: each goes in a script with one about somebody else. */
function inCompany(): Store {
  const store = redisStore(fromIoredis(ioredis), PATIENT)
  return {
    ...store,
    async decide(checks, now) {
      const [outcome] = await Promise.all([store.decide(checks, now), store.decide([ask('company', 1)], now)])
      return outcome
    },
  }
}

describe('ioredis, in company', () => {
  conform({ describe, it, sync: false, runs: 50, store: inCompany })
})

describe('node-redis', () => {
  const client = createClient({ url: inject('redisUrl'), disableOfflineQueue: true })
  beforeAll(async () => void (await client.connect()))
  afterAll(() => client.close())
  conform({ describe, it, sync: false, runs: 20, store: () => redisStore(fromNodeRedis(client), PATIENT) })
})
