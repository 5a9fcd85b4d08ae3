import { createLimiter, fixedWindow, leakyBucket, tokenBucket } from '@headgate/core'
import { describe, expect, test } from 'vitest'
import { mapStore, settled } from './support.ts'

async function advance(clock: { advance(ms: number): void }, ms: number) {
  await settled()
  clock.advance(ms)
  await settled()
  await settled()
}

describe('wait', () => {
  test('resolves when it is allowed, in the order of asking', async () => {
    const { store, clock } = mapStore()
    const limiter = createLimiter({
      store,
      limits: { rate: tokenBucket({ capacity: 1, refill: 1, per: '1s' }) },
    })
    const order: string[] = []
    const waits = ['a', 'b', 'c'].map((name) =>
      limiter.wait('u').then((d) => order.push(`${name} ${d.allowed}`)),
    )
    const otherKey = limiter.wait('v').then(() => order.push('v'))
    await settled()
    await settled()
    expect(order.toSorted()).toEqual(['a true', 'v'])
    await advance(clock, 999)
    expect(order).toHaveLength(2)
    await advance(clock, 1)
    expect(order.slice(2)).toEqual(['b true'])
    await advance(clock, 1_000)
    await Promise.all([...waits, otherKey])
    expect(order.slice(2)).toEqual(['b true', 'c true'])
  })

  test('a large request at the head is not overtaken by small ones', async () => {
    const { store, clock } = mapStore()
    const limiter = createLimiter({
      store,
      limits: { rate: tokenBucket({ capacity: 3, refill: 1, per: '1s' }) },
    })
    await limiter.consume('u', { cost: 3 })
    const order: string[] = []
    void limiter.wait('u', { cost: 3 }).then(() => order.push('large'))
    void limiter.wait('u').then(() => order.push('small'))
    await advance(clock, 2_000)
    expect(order).toEqual([])
    await advance(clock, 1_000)
    expect(order).toEqual(['large'])
    await advance(clock, 1_000)
    expect(order).toEqual(['large', 'small'])
  })

  test('an aborted one leaves the line, at its head or in it, and rejects with the reason', async () => {
    const { store, clock } = mapStore()
    const limiter = createLimiter({ store, limits: { rate: fixedWindow({ limit: 1, window: '1m' }) } })
    await limiter.consume('u')
    const [head, middle, early] = [new AbortController(), new AbortController(), AbortSignal.abort('early')]
    const first = limiter.wait('u', { signal: head.signal })
    const second = limiter.wait('u', { signal: middle.signal })
    const third = limiter.wait('u')
    await expect(limiter.wait('u', { signal: early })).rejects.toBe('early')
    await settled()
    middle.abort('middle')
    await expect(second).rejects.toBe('middle')
    head.abort('head')
    await expect(first).rejects.toBe('head')
    await advance(clock, 60_000)
    expect((await third).allowed).toBe(true)
  })

  test('resolves with the denial when the cost never fits', async () => {
    const limiter = createLimiter({
      store: mapStore().store,
      limits: { rate: fixedWindow({ limit: 1, window: '1m' }) },
    })
    expect(await limiter.wait('u', { cost: 2 })).toMatchObject({ allowed: false, retryAfterMs: null })
    expect((await limiter.wait('u')).allowed).toBe(true)
  })

  test('sits out the delay of a leaky bucket, and gives its place back when aborted meanwhile', async () => {
    const { store, clock } = mapStore()
    const limiter = createLimiter({ store, limits: { out: leakyBucket({ rate: 1, per: '1s', queue: 5 }) } })
    await limiter.consume('u')
    const controller = new AbortController()
    const done: string[] = []
    const aborted = limiter.wait('u', { signal: controller.signal }).catch((reason) => done.push(reason))
    await settled()
    expect((await limiter.peek('u')).remaining).toBe(4)
    controller.abort('gone')
    await aborted
    expect(done).toEqual(['gone'])
    expect((await limiter.peek('u')).remaining).toBe(5)
    void limiter.wait('u').then((d) => done.push(`after ${d.delayMs}`))
    await advance(clock, 999)
    expect(done).toEqual(['gone'])
    await advance(clock, 1)
    expect(done).toEqual(['gone', 'after 1000'])
  })
})
