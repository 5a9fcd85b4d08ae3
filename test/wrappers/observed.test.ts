import {
  createLimiter,
  denialCache,
  fixedWindow,
  leased,
  manualClock,
  observed,
  resilient,
  type Store,
  type StoreEvent,
  type SyncStore,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { expect, test } from 'vitest'
import { fakeStore } from './fake-store.ts'

const limits = { rate: fixedWindow({ limit: 2, window: '1m' }) }

test('it tells of every call, with what was asked and what was answered', async () => {
  const events: StoreEvent[] = []
  const inner = fakeStore(memoryStore())
  const limiter = createLimiter({ store: observed(inner as Store, (event) => events.push(event)), limits })
  const decision = await limiter.consume('u', { cost: 2 })
  await limiter.refund(decision, 1)
  await limiter.reset('u')
  inner.mood = 'reject'
  await expect(limiter.consume('u')).rejects.toBe(inner.error)
  inner.mood = 'throw'
  await expect(limiter.reset('u')).rejects.toBe(inner.error)
  expect(events).toMatchObject([
    {
      type: 'decision',
      store: 'memory',
      checks: [{ scope: 'default/rate', id: 'u', cost: 2 }],
      outcome: { results: [{ allowed: true }] },
    },
    { type: 'adjustment', adjustments: [{ id: 'u', units: -1 }] },
    { type: 'deletion', keys: [{ scope: 'default/rate', id: 'u' }] },
    { type: 'error', verb: 'decide', error: inner.error },
    { type: 'error', verb: 'delete', error: inner.error },
  ])
  for (const event of events) if ('ms' in event) expect(event.ms).toBeGreaterThanOrEqual(0)
})

test('it answers at once where the store does, and tells of that too', () => {
  const events: StoreEvent[] = []
  const memory = memoryStore()
  const { decideOne: _, ...withoutDecideOne } = memory
  const stores: readonly SyncStore[] = [memory, withoutDecideOne]
  for (const store of stores) {
    const limiter = createLimiter({ store: observed(store, (event) => events.push(event)), limits })
    const decision = limiter.consumeSync('u')
    limiter.refundSync(decision)
    limiter.resetSync('u')
  }
  const each = ['decision', 'adjustment', 'deletion']
  expect(events.map(({ type }) => type)).toEqual([...each, ...each])
  expect(events[0]).toMatchObject({ outcome: { results: [{ allowed: true }] }, checks: [{ id: 'u' }] })
})

test('a sink may ask the same limiter, and the decision that it is told of stays as it is', () => {
  let asked = 0
  const sink = () => {
    if (asked++ === 0) limiter.consumeSync('other')
  }
  const limiter = createLimiter({ store: observed(memoryStore({ clock: manualClock() }), sink), limits })
  const decision = limiter.consumeSync('u', { cost: 2 })
  expect(asked).toBe(2)
  expect(decision.remaining).toBe(0)
  expect(limiter.peekSync('other').remaining).toBe(1)
})

test('a sink that throws, now or later, is not felt', async () => {
  const sinks = [
    () => {
      throw new Error('now')
    },
    async () => Promise.reject(new Error('later')),
  ]
  for (const sink of sinks) {
    const inner = fakeStore(memoryStore())
    const store = observed(
      denialCache(resilient(inner, { onError: 'allow', onEvent: sink }), { onEvent: sink }),
      sink,
    )
    const limiter = createLimiter({ store, limits })
    expect((await limiter.consume('u', { cost: 3 })).allowed).toBe(false)
    expect((await limiter.consume('u', { cost: 3 })).allowed).toBe(false)
    inner.mood = 'reject'
    expect((await limiter.consume('v')).degraded).toBe('failed: Error')
  }
})

test('one function hears of all that the wrappers inside do', async () => {
  const clock = manualClock()
  const inner = fakeStore(memoryStore({ clock }))
  const heard: string[] = []
  const onEvent = (event: StoreEvent) =>
    heard.push(
      event.type === 'breaker' ? `breaker ${event.from} to ${event.to}` : `${event.type} at ${event.store}`,
    )
  const guarded = resilient(inner, {
    onError: 'allow',
    breaker: { minimumCalls: 1, failureRatio: 0.1 },
    onEvent,
  })
  const store = observed(leased(denialCache(guarded, { onEvent }), { chunk: 2, onEvent }), onEvent)
  expect(store.name).toBe('observed(leased(denialCache(resilient(memory))))')
  const limiter = createLimiter({ store, limits })
  for (let i = 0; i < 4; i++) await limiter.consume('u')
  expect(heard.splice(0)).toEqual([
    'lease-take at leased(denialCache(resilient(memory)))',
    'decision at leased(denialCache(resilient(memory)))',
    'lease-hit at leased(denialCache(resilient(memory)))',
    'decision at leased(denialCache(resilient(memory)))',
    'decision at leased(denialCache(resilient(memory)))',
    'denial-hit at denialCache(resilient(memory))',
    'decision at leased(denialCache(resilient(memory)))',
  ])
  inner.mood = 'reject'
  await limiter.reset('u').catch(() => undefined)
  await limiter.consume('v')
  expect(heard).toEqual([
    'breaker closed to open',
    'error at leased(denialCache(resilient(memory)))',
    'degraded at resilient(memory)',
    'lease-take at leased(denialCache(resilient(memory)))',
    'decision at leased(denialCache(resilient(memory)))',
  ])
})

test('a lease that was let through by a failure says so, and goes back to nobody', async () => {
  const inner = fakeStore(memoryStore({ clock: manualClock() }))
  inner.mood = 'reject'
  const store = leased(resilient(inner, { onError: 'allow' }), { chunk: 2 })
  const limiter = createLimiter({ store, limits })
  expect((await limiter.consume('u')).degraded).toBe('failed: Error')
  inner.mood = 'ok'
  await store.close()
  expect(inner.calls).toBe(1)
})

test('close closes the store within, and a sink must be a function', async () => {
  const inner = memoryStore()
  await observed(inner, () => undefined).close()
  expect(() => inner.decideSync([])).toThrow(/closed/)
  expect(() => observed(inner, undefined as unknown as () => void)).toThrow(/sink/)
})
