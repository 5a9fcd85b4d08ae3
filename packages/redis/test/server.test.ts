import {
  algorithmOf,
  type Check,
  compileLimit,
  fixedWindow,
  type HeadgateError,
  type MeterRule,
  type Outcome,
  quota,
  type Result,
  type Store,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
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

/** When a key expires, by the server's clock, in milliseconds. */
async function expiryOf(client: Redis, key: string): Promise<number> {
  const replies = (await client.multi().time().pttl(key).exec()) ?? []
  const [[seconds, micros], ttl] = replies.map(([, reply]) => reply) as [[string, string], number]
  return Number(seconds) * 1_000 + Number(micros) / 1_000 + ttl
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
    await Promise.all(Array.from({ length: 640 }, (_, i) => busy.decide([ask(`key ${i % 64}`, 1_000)])))
    const [, several = 0] = await calls()
    expect(several - shas - 100).toBe(640 / 32)
    // A hot key's are one question with a count.
    const hot = ask('hot', 1_000)
    await Promise.all(Array.from({ length: 640 }, () => busy.decide([hot])))
    await busy.close()
    const [, after = 0] = await calls()
    expect(after - several).toBe(Math.ceil(640 / 256))

    const alone = redisStore(fromIoredis(client), { gather: false })
    await Promise.all(Array.from({ length: 640 }, () => alone.decide([ask('hot', 1_000)])))
    await alone.close()
    expect((await calls())[1]).toBe(after + 640)
  })

  test('a full server denies nothing and keeps nothing by halves: it fails, and says why', async () => {
    const { client, store } = await serverWith(['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'])
    await store.decide([ask('before', 3)])
    // To the last few bytes: what was read of a value that didn't fit is room again.
    for (const size of [100_000, 1_000, 1]) {
      for (let i = 0; ; i++)
        if ((await client.set(`fill ${size} ${i}`, 'x'.repeat(size)).catch(() => true)) === true) break
    }
    const size = await client.dbsize()
    const both = [ask('a', 3), { ...ask('a', 3), scope: 't' }]
    const error = await failureOf(store.decide(both))
    expect(error).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('memory') })
    expect(error.cause).toMatchObject({ message: expect.stringContaining('OOM') })
    expect(await client.dbsize()).toBe(size)
    await client.del('fill 100000 0', 'fill 100000 1', 'fill 100000 2')
    expect((await store.decide(both)).results.map(({ allowed }) => allowed)).toEqual([true, true])
  })

  test('a replica fails with what to do', async () => {
    const { server } = await serverWith([])
    const { store } = await serverWith(['--replicaof', '127.0.0.1', `${server.port}`])
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
    // 600 ms until it has drained, the rest of that minute, and 61 s for clocks that lag.
    expect(ttl).toBeGreaterThan(60_000)
    expect(ttl).toBeLessThanOrEqual(121_601)
    expect(await client.strlen(key)).toBeLessThanOrEqual(20)
    const log = compileLimit(slidingLog({ limit: 5, window: '1s' })).ruleAt(0)
    await store.adjust([{ scope: 'log', id: 'a', rule: log, units: 1 }])
    for (const each of await client.keys('*')) expect(await client.pttl(each)).toBeGreaterThan(0)
  })

  test.each([true, false])(
    'no state expires before it is empty, for all clocks (gathered: %s)',
    async (gather) => {
      const { client } = await serverWith([])
      const store = redisStore(fromIoredis(client), { gather })
      const rule = compileLimit(tokenBucket({ capacity: 200, refill: 1, per: '7s' })).ruleAt(0) as MeterRule
      const ids = ['a', 'b']
      const questions = ids.map((id) => ({ scope: 's', id, rule, cost: 1 }))
      const [serverSeconds] = await client.time()
      // In the end it is told a time that is ahead of the server's.
      const ahead = Number(serverSeconds) * 1_000_000 + 50_000_000
      const kept: number[] = []
      const check = async (id: string, { results }: Outcome) => {
        const [ts = 0, level = 0] = Array.from((results[0] as Result).cells)
        const emptyMs = ((ts + level / rule.num) * rule.tick) / 1_000
        const expiry = await expiryOf(client, `hg{${id}}s`)
        expect(expiry).toBeGreaterThanOrEqual(emptyMs + 60_000)
        kept.push(Math.round(expiry / 1_000))
      }
      for (let i = 0; i < 60; i++) {
        const now = i < 50 ? undefined : ahead
        const outcomes = await Promise.all(questions.map((question) => store.decide([question], now)))
        for (const [j, outcome] of outcomes.entries()) await check(ids[j] as string, outcome)
        if (i % 15 === 0)
          await check('a', await store.adjust([{ ...(questions[0] as Check), units: 3 }], now))
        if (i > 55) await check('a', await store.adjust([{ ...(questions[0] as Check), units: 3 }], ahead))
      }
      // Most charges leave it where it is: one that is moved each time costs more.
      expect(new Set(kept).size).toBeLessThan(kept.length / 3)
      await store.close()
    },
  )

  test.each([
    fixedWindow({ limit: 5, window: '1h' }),
    slidingWindow({ limit: 5, window: '1h' }),
    quota({ limit: 5, per: 'day' }),
  ])('a window’s states expire after it, and none before: $algorithm', async (limit) => {
    const { client, store } = await serverWith([])
    const [seconds] = await client.time()
    const now = Number(seconds) * 1_000_000
    const rule = compileLimit(limit).ruleAt(now)
    const algorithm = algorithmOf(rule)
    const began = now - (now % (limit.algorithm === 'quota' ? 86_400_000_000 : 3_600_000_000))
    const question = { scope: 's', id: 'a', rule, cost: 1 }
    // The state of a window that is over leaves an expiry behind that is too early for the next one.
    const before = { ...question, rule: compileLimit(limit).ruleAt(began - 1_000) }
    await store.decide([before], began - 1_000)
    const found: number[] = []
    for (let i = 0; i < 3; i++) {
      const { results } = await store.decide([question])
      const { allowed, cells } = results[0] as Result
      expect(allowed).toBe(true)
      const expiry = await expiryOf(client, 'hg{a}s')
      expect(expiry).toBeGreaterThanOrEqual(algorithm.emptyAt(rule, cells, 0) / 1_000 + 60_000)
      found.push(Math.round(expiry / 1_000))
    }
    expect(Math.max(...found) - Math.min(...found)).toBeLessThanOrEqual(1)
  })
})
