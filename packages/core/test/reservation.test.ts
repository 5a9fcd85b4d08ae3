import { createLimiter, fixedWindow, tokenBucket } from '@headgate/core'
import { describe, expect, test } from 'vitest'
import { mapStore } from './support.ts'

const limits = {
  rpm: fixedWindow({ limit: 10, window: '1h' }),
  tokens: tokenBucket({ capacity: 1_000, refill: 1, per: '1h' }),
}

function make() {
  const map = mapStore()
  const limiter = createLimiter({ store: map.store, limits })
  const left = async () => {
    const { rpm, tokens } = (await limiter.peek('u')).limits
    return [rpm.remaining, tokens.remaining]
  }
  return { ...map, limiter, left, other: createLimiter({ store: map.store, limits }) }
}

describe('reservations', () => {
  test('hold, then come down to what it was', async () => {
    const { limiter, left } = make()
    const reservation = await limiter.reserve('u', { cost: { tokens: 800 } })
    expect(reservation.decision.allowed).toBe(true)
    expect(await left()).toEqual([9, 200])
    expect(await reservation.commit({ tokens: 150 })).toEqual({ settled: true })
    expect(await left()).toEqual([9, 850])
  })

  test('may turn out dearer: a debt', async () => {
    const { limiter, left } = make()
    const reservation = await limiter.reserve('u', { cost: { tokens: 800 } })
    await reservation.commit({ tokens: 1_200 })
    expect(await left()).toEqual([9, 0])
    expect((await limiter.peek('u', { cost: { tokens: 1 } })).limits.tokens.retryAfterMs).toBe(
      201 * 3_600_000,
    )
  })

  test('may hold nothing, and cost something in the end', async () => {
    const { limiter, left } = make()
    const reservation = await limiter.reserve('u', { cost: { rpm: 1, tokens: 0 } })
    expect(await left()).toEqual([9, 1_000])
    expect(await reservation.commit({ rpm: 1, tokens: 150 })).toEqual({ settled: true })
    expect(await left()).toEqual([9, 850])
    await limiter.refund((await limiter.reserve('u', { cost: 0 })).decision)
    expect(await left()).toEqual([9, 850])
  })

  test('of which a limit is gone settle the others, whatever they say of it', async () => {
    const { limiter, store, left } = make()
    const fewer = createLimiter({ store, limits: { tokens: limits.tokens } })
    const settle = async (actual?: object) => {
      const { id } = await limiter.reserve('u', { cost: { tokens: 100 } })
      return fewer.commit(id, actual as never)
    }
    expect(await settle({ rpm: 3, tokens: 40 })).toEqual({ settled: true })
    expect(await left()).toEqual([9, 960])
    expect(await settle()).toEqual({ settled: true })
    expect(await left()).toEqual([8, 860])
    expect(await settle(0 as never)).toEqual({ settled: true })
    expect(await left()).toEqual([7, 860])
    await expect(settle({ tokns: 1 })).rejects.toMatchObject({ code: 'UNKNOWN_LIMIT', option: 'cost' })
    const other = createLimiter({ store, limits: { other: limits.rpm } })
    const { id } = await limiter.reserve('u', { cost: { tokens: 100 } })
    await expect(other.commit(id)).rejects.toMatchObject({ code: 'UNKNOWN_LIMIT', option: 'id' })
  })

  test('are for a century at most: a later end can’t be written', async () => {
    const { limiter, left } = make()
    await expect(limiter.reserve('u', { ttl: '40000d' })).rejects.toMatchObject({ option: 'ttl' })
    expect(await left()).toEqual([10, 1_000])
    const { id } = await limiter.reserve('u', { ttl: '36600d' })
    expect(await limiter.cancel(id)).toEqual({ settled: true })
  })

  test('settle once, whoever does it and however often', async () => {
    const { limiter, other, left } = make()
    const reservation = await limiter.reserve('u', { cost: { tokens: 800 } })
    const all = await Promise.all([
      reservation.commit({ tokens: 100 }),
      reservation.commit({ tokens: 100 }),
      other.commit(reservation.id, { tokens: 100 }),
      other.cancel(reservation.id),
    ])
    expect(all.filter(({ settled }) => settled)).toHaveLength(1)
    expect(all.filter(({ reason }) => reason === 'already')).toHaveLength(3)
    expect(await left()).toEqual([9, 900])
  })

  test('a commit of what was held also settles it: a later cancel gives nothing back', async () => {
    const { limiter, left } = make()
    const reservation = await limiter.reserve('u', { cost: { tokens: 800 } })
    expect(await reservation.commit()).toEqual({ settled: true })
    expect(await reservation.cancel()).toEqual({ settled: false, reason: 'already' })
    expect(await left()).toEqual([9, 200])
  })

  test('can be cancelled from another process, by id', async () => {
    const { limiter, other, left } = make()
    const { id } = await limiter.reserve('u', { cost: { tokens: 800 } })
    expect(await other.cancel(id)).toEqual({ settled: true })
    expect(await left()).toEqual([10, 1_000])
  })

  test('expire: what is held stays charged', async () => {
    const { limiter, clock, left } = make()
    const reservation = await limiter.reserve('u', { cost: { tokens: 800 }, ttl: '10s' })
    expect(reservation.expiresAt).toBe(clock.now() / 1_000 + 10_000)
    clock.advance('10s')
    expect(await reservation.cancel()).toEqual({ settled: false, reason: 'expired' })
    expect(await left()).toEqual([9, 200])
  })

  test('a denial holds nothing', async () => {
    const { limiter, left } = make()
    const reservation = await limiter.reserve('u', { cost: { tokens: 1_001 } })
    expect(reservation.decision.allowed).toBe(false)
    expect(await reservation.commit()).toEqual({ settled: false, reason: 'denied' })
    expect(await left()).toEqual([10, 1_000])
  })

  test('a refund by settling stays in the window that was charged', async () => {
    const { limiter, clock, left } = make()
    clock.advance(3_590_000)
    const reservation = await limiter.reserve('u', { cost: { rpm: 5 } })
    clock.advance('15s')
    await limiter.consume('u', { cost: { rpm: 3, tokens: 0 } })
    expect(await reservation.cancel()).toEqual({ settled: true })
    expect((await left())[0]).toBe(7)
  })

  test('ids that nobody wrote are refused', async () => {
    const { limiter, left } = make()
    const good = (await limiter.reserve('u', { cost: 1 })).id
    const forge = (body: unknown) => `hg1.${Buffer.from(JSON.stringify(body)).toString('base64url')}`
    const future = Date.UTC(2030, 0, 1) * 1_000
    for (const id of [
      '',
      'x',
      'hg1.',
      'hg1.%%%',
      `hg2${good.slice(3)}`,
      forge(null),
      forge({}),
      forge(['n', future, 0]),
      forge(['n', future, 5, ['rpm', 'u', 1.5, 'window', 0]]),
      forge(['n', future, 5, ['rpm', 'u', 1, 'window', 0, 0, 0, 0]]),
    ]) {
      await expect(limiter.commit(id)).rejects.toMatchObject({ code: 'INVALID_RESERVATION' })
    }
    await expect(
      limiter.commit(forge(['n', future, 5, ['other', 'u', 1, 'window', 0, 0, 0]])),
    ).rejects.toMatchObject({ code: 'UNKNOWN_LIMIT' })
    await expect(limiter.commit(good, { rpm: -1 })).rejects.toMatchObject({ code: 'INVALID_COST' })
    expect(await left()).toEqual([9, 999])
  })

  test('keys of any text survive in the id', async () => {
    const { limiter } = make()
    for (const key of ['é😀', '\ud800', 'a"b\\c', '\0']) {
      const { id } = await limiter.reserve(key, { cost: 2 })
      expect(id).toMatch(/^[\w.-]+$/)
      await limiter.cancel(id)
      expect((await limiter.peek(key)).limits.rpm.remaining).toBe(10)
    }
  })
})
