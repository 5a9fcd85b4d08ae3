import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  concurrency,
  createLimiter,
  type Decision,
  type Limiter,
  type Limits,
  resilient,
  type Store,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { openAt, type Place, prepareServers } from './stores.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-places-'))
const at = (): Record<string, Place> => ({
  sqlite: { kind: 'sqlite', at: join(folder, 'limits.db') },
  redis: { kind: 'redis', at: inject('redisUrl') },
  postgres: { kind: 'postgres', at: inject('postgresUrl') },
  dynamodb: { kind: 'dynamodb', at: inject('dynamoUrl') },
})

beforeAll(() => prepareServers(inject('postgresUrl'), inject('dynamoUrl')), 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

/** Several connections of their own to one place, as of several processes. */
async function storesAt(kind: string, count: number): Promise<Store[]> {
  if (kind === 'memory') {
    const store = memoryStore()
    return Array.from({ length: count }, () => store)
  }
  const opened = await Promise.all(Array.from({ length: count }, () => openAt(at()[kind] as Place)))
  onTestFinished(async () => void (await Promise.all(opened.map(({ close }) => close()))))
  return opened.map(({ store }) => store)
}

describe.each(['memory', 'sqlite', 'redis', 'postgres', 'dynamodb'])('places in %s', (kind) => {
  test('never more work than there are places, and each has its turn', { timeout: 120_000 }, async () => {
    const limits = { running: concurrency({ limit: 3, lease: '1h' }) }
    const name = `c${crypto.randomUUID()}`
    const limiters = (await storesAt(kind, 3)).map((store) => createLimiter({ store, limits, name }))
    let running = 0
    let most = 0
    let done = 0
    const work = async (limiter: Limiter<typeof limits>): Promise<void> => {
      for (let i = 0; i < 4; i++) {
        const decision = await limiter.wait('u')
        running++
        most = Math.max(most, running)
        await sleep(5)
        running--
        await limiter.release(decision)
        done++
      }
    }
    await Promise.all([0, 1, 2, 0, 1, 2].map((n) => work(limiters[n] as Limiter<typeof limits>)))
    expect(done).toBe(24)
    expect(most).toBeLessThanOrEqual(3)

    const [one, two, three] = limiters as [Limiter<typeof limits>, ...Limiter<typeof limits>[]]
    const held = await Promise.all(limiters.map((limiter) => limiter.consume('u')))
    const more = await Promise.all(limiters.map((limiter) => limiter.consume('u')))
    expect([...held, ...more].filter(({ allowed }) => allowed)).toHaveLength(3)
    const [first] = [...held, ...more].filter(({ allowed }) => allowed)
    await two?.release(first as Decision)
    expect((await three?.consume('u'))?.allowed).toBe(true)
    expect((await one.consume('u')).allowed).toBe(false)
  })

  test('a place that nobody gives back is free when its lease is over', async () => {
    const name = `c${crypto.randomUUID()}`
    const [gone, here] = (await storesAt(kind, 2)).map((store) =>
      createLimiter({ store, limits: { running: concurrency({ limit: 1, lease: 3_000 }) }, name }),
    ) as [Limiter<Limits>, Limiter<Limits>]
    const left = await gone.consume('u')
    const denied = await here.consume('u')
    expect(denied.allowed).toBe(false)
    expect(denied.retryAfterMs).toBeLessThanOrEqual(3_000)
    const mine = await here.wait('u')
    expect(mine.allowed).toBe(true)
    // Who comes back from the dead takes nobody's place.
    await gone.release(left)
    expect((await here.peek('u')).remaining).toBe(0)
    await here.release(mine)
    expect((await gone.peek('u')).remaining).toBe(1)
  })
})

test('what a stand-in let in is given back where it was taken', async () => {
  let isAway = true
  const primary = memoryStore()
  const store = resilient(
    {
      ...primary,
      decide: (...args) => (isAway ? Promise.reject(new Error('away')) : primary.decide(...args)),
      adjust: (...args) => (isAway ? Promise.reject(new Error('away')) : primary.adjust(...args)),
    },
    { onError: memoryStore(), breaker: false },
  )
  const limiter = createLimiter({ store, limits: { running: concurrency({ limit: 1, lease: '1h' }) } })
  const local = await limiter.consume('u')
  expect([local.allowed, local.degraded]).toEqual([true, expect.anything()])
  expect((await limiter.consume('u')).allowed).toBe(false)
  isAway = false
  const real = await limiter.consume('u')
  expect([real.allowed, real.degraded]).toEqual([true, null])
  await limiter.release(local)
  expect((await limiter.consume('u')).allowed).toBe(false)
  isAway = true
  expect((await limiter.consume('u')).allowed).toBe(true)
})

test('at once too, where the store answers at once', () => {
  const limiter = createLimiter({
    store: memoryStore(),
    limits: { running: concurrency({ limit: 1, lease: '1h' }) },
  })
  const decision = limiter.consumeSync('u')
  expect(limiter.consumeSync('u').allowed).toBe(false)
  limiter.releaseSync(decision)
  expect(limiter.peekSync('u').remaining).toBe(1)
})
