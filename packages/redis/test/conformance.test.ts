import { conform } from '@headgate/conformance'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, inject, it } from 'vitest'
import { fromIoredis, fromNodeRedis, redisStore } from '../src/index.ts'
import { connect } from './support.ts'

const ioredis = await connect()

describe('ioredis, gathered', () => {
  conform({ describe, it, sync: false, runs: 50, store: () => redisStore(fromIoredis(ioredis)) })
})

describe('ioredis, each by itself', () => {
  conform({
    describe,
    it,
    sync: false,
    runs: 50,
    store: () => redisStore(fromIoredis(ioredis), { gather: false }),
  })
})

describe('node-redis', () => {
  const client = createClient({ url: inject('redisUrl'), disableOfflineQueue: true })
  beforeAll(async () => void (await client.connect()))
  afterAll(() => client.close())
  conform({ describe, it, sync: false, runs: 20, store: () => redisStore(fromNodeRedis(client)) })
})
