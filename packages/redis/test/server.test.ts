import { compileLimit, type HeadgateError, type Store, slidingLog, tokenBucket } from '@headgate/core'
import { redisIsNative, type Redis as Server, startRedis } from '@headgate/services'
import type { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fromIoredis, redisStore } from '../src/index.ts'
import { ask, connectTo } from './support.ts'

const native = redisIsNative()
const REASON = native ? '' : ' (skipped: there is no redis-server)'

async function serverWith(args: readonly string[]): Promise<{ server: Server; client: Redis; store: Store }> {
  const server = await startRedis(args)
  onTestFinished(() => server.stop())
  const client = await connectTo(server.url)
  return { server, client, store: redisStore(fromIoredis(client)) }
}

async function failureOf(work: Promise<unknown>): Promise<HeadgateError> {
  return work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )
}

describe.skipIf(!native)(`a server of one's own${REASON}`, () => {
  test('SCRIPT FLUSH under load fails nothing', async () => {
    const { client, store } = await serverWith([])
    let left = 6_000
    let allowed = 0
    const worker = async () => {
      while (left-- > 0) {
        const { results } = await store.decide([ask('hot', 2_000)])
        if (results[0]?.allowed) allowed++
        if (left % 200 === 0) await client.script('FLUSH')
      }
    }
    await Promise.all(Array.from({ length: 64 }, worker))
    expect(allowed).toBe(2_000)
  })

  test('a decision is one round trip, and those that come together share one', async () => {
    const { client, store } = await serverWith([])
    await store.decide([ask('first', 10)])
    await store.close()
    const calls = async () => {
      const stats = await client.info('commandstats')
      return ['eval', 'evalsha'].map((name) => Number(stats.match(`cmdstat_${name}:calls=(\\d+)`)?.[1] ?? 0))
    }
    const [evals = 0, shas = 0] = await calls()
    const again = redisStore(fromIoredis(client))
    for (let i = 0; i < 100; i++) await again.decide([ask(`single ${i % 3}`, 1_000)])
    await again.close()
    // One EVAL asks how the server evicts.
    expect(await calls()).toEqual([evals + 1, shas + 100])

    const busy = redisStore(fromIoredis(client))
    await Promise.all(Array.from({ length: 640 }, () => busy.decide([ask('hot', 1_000)])))
    await busy.close()
    const [, after = 0] = await calls()
    expect(after - shas - 100).toBeLessThanOrEqual(640 / 32 + 2)

    const alone = redisStore(fromIoredis(client), { gather: false })
    await Promise.all(Array.from({ length: 640 }, () => alone.decide([ask('hot', 1_000)])))
    await alone.close()
    expect((await calls())[1]).toBe(after + 640)
  })

  test('a full server denies nothing and keeps nothing by halves: it fails, and says why', async () => {
    const { client, store } = await serverWith(['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'])
    await store.decide([ask('before', 3)])
    for (let i = 0; ; i++)
      if ((await client.set(`fill ${i}`, 'x'.repeat(100_000)).catch(() => true)) === true) break
    const size = await client.dbsize()
    const both = [ask('a', 3), { ...ask('a', 3), scope: 't' }]
    const error = await failureOf(store.decide(both))
    expect(error).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('memory') })
    expect(error.cause).toMatchObject({ message: expect.stringContaining('OOM') })
    expect(await client.dbsize()).toBe(size)
    await client.del('fill 0', 'fill 1', 'fill 2')
    expect((await store.decide(both)).results.map(({ allowed }) => allowed)).toEqual([true, true])
  })

  test('a replica fails with what to do', async () => {
    const { server } = await serverWith([])
    const { store } = await serverWith(['--replicaof', `127.0.0.1 ${server.port}`])
    const error = await failureOf(store.decide([ask('a', 3)]))
    expect(error).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('primary') })
    expect(error.cause).toMatchObject({ message: expect.stringContaining('READONLY') })
  })

  test('the permissions of the README are enough, and no more', async () => {
    const { server, client } = await serverWith([])
    const rule = 'resetkeys ~hg{* -@all +evalsha +eval +get +set +del +time'
    await client.acl('SETUSER', 'headgate', 'on', '>secret', ...rule.split(' '))
    const warnings: string[] = []
    const limited = await connectTo(server.url, {
      username: 'headgate',
      password: 'secret',
      enableReadyCheck: false,
    })
    const store = redisStore(fromIoredis(limited), { onWarning: (warning) => warnings.push(warning) })
    const check = ask('a', 3, 2)
    expect((await store.decide([check])).results[0]?.allowed).toBe(true)
    await store.adjust([{ ...check, units: 1 }])
    expect(
      (await store.decide([check, { ...check, scope: 't' }])).results.map(({ allowed }) => allowed),
    ).toEqual([false, true])
    await store.delete([check])
    expect((await store.decide([check])).results[0]?.allowed).toBe(true)
    await store.close()
    expect(warnings).toEqual([])

    const elsewhere = redisStore(fromIoredis(limited), { prefix: 'other' })
    const error = await failureOf(elsewhere.decide([check]))
    expect(error).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('Permissions') })
    await client.acl('SETUSER', 'headgate', '-time')
    const forbidden = await failureOf(redisStore(fromIoredis(limited)).decide([check]))
    expect(forbidden).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('Permissions') })
  })

  test('a server that evicts is warned of, once', async () => {
    const { client } = await serverWith(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'])
    const warnings: string[] = []
    const store = redisStore(fromIoredis(client), { onWarning: (warning) => warnings.push(warning) })
    for (let i = 0; i < 3; i++) await store.decide([ask('a', 3)])
    await store.close()
    expect(warnings).toEqual([expect.stringContaining('noeviction')])
  })

  test('every key has an expiry, and states are compact', async () => {
    const { client, store } = await serverWith([])
    const rule = compileLimit(tokenBucket({ capacity: 100, refill: 100, per: '1m' })).ruleAt(0)
    await store.decide([{ scope: 'default/rate', id: 'user:12345', rule, cost: 1 }])
    const key = 'hg{user:12345}default/rate'
    const ttl = await client.pttl(key)
    // 600 ms until it has drained, and a minute for clocks that lag.
    expect(ttl).toBeGreaterThan(50_000)
    expect(ttl).toBeLessThanOrEqual(60_601)
    expect(await client.strlen(key)).toBeLessThanOrEqual(28)
    const log = compileLimit(slidingLog({ limit: 5, window: '1s' })).ruleAt(0)
    await store.adjust([{ scope: 'log', id: 'a', rule: log, units: 1 }])
    for (const each of await client.keys('*')) expect(await client.pttl(each)).toBeGreaterThan(0)
  })
})
