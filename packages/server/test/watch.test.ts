import { manualClock } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLive, LIVE_SECONDS } from '../src/live.ts'
import { NOON, start } from './support.ts'

test('shows what was decided of late', async () => {
  const { ask, clock } = await start()
  await ask('PUT', '/v1/subjects/acme', { plan: 'pro' })
  for (let i = 0; i < 4; i++) await ask('POST', '/v1/consume', { subject: 'b' })
  clock.advance('2s')
  await ask('POST', '/v1/consume', { subject: 'acme' })
  const { json } = await ask('GET', '/v1/live?seconds=4')
  const at = NOON / 1e6
  expect(json).toEqual({
    now: NOON / 1_000 + 2_000,
    startedAt: NOON / 1_000,
    instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
    store: { name: 'memory', state: 'closed' },
    seconds: [
      { at: at - 1, allowed: 0, denied: 0, degraded: 0 },
      { at, allowed: 2, denied: 2, degraded: 0 },
      { at: at + 1, allowed: 0, denied: 0, degraded: 0 },
      { at: at + 2, allowed: 1, denied: 0, degraded: 0 },
    ],
    plans: [
      { plan: 'free', allowed: 2, denied: 2 },
      { plan: 'pro', allowed: 1, denied: 0 },
    ],
    denied: [{ subject: 'b', plan: 'free', allowed: 0, denied: 2 }],
  })
  for (const seconds of ['0', '901', 'x'])
    expect((await ask('GET', `/v1/live?seconds=${seconds}`)).status).toBe(400)
})

test('what is shown is the sum of what was decided, whenever', () => {
  const event = fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 2_000 })),
    plan: fc.constantFrom('a', 'b'),
    allowed: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 60 }),
      fc.integer({ min: 1, max: LIVE_SECONDS }),
      (events, count) => {
        const clock = manualClock(NOON)
        const live = createLive(clock)
        const past: { at: number; plan: string; allowed: boolean }[] = []
        for (const { wait, plan, allowed } of events) {
          if (wait > 0) clock.advance(`${wait}s`)
          live.add('s', plan, { allowed, degraded: null })
          past.push({ at: clock.now() / 1e6, plan, allowed })
        }
        const now = clock.now() / 1e6
        const seconds = live.seconds(count)
        expect(seconds.map(({ at }) => at)).toEqual(
          Array.from({ length: count }, (_, i) => now - count + 1 + i),
        )
        for (const { at, allowed, denied } of seconds) {
          const then = past.filter((event) => event.at === at)
          expect(allowed).toBe(then.filter((event) => event.allowed).length)
          expect(denied).toBe(then.filter((event) => !event.allowed).length)
        }
        const minute = (at: number) => Math.floor(at / 60)
        for (const { plan, allowed, denied } of live.plans()) {
          const then = past.filter((event) => event.plan === plan && minute(event.at) > minute(now) - 15)
          expect(allowed).toBe(then.filter((event) => event.allowed).length)
          expect(denied).toBe(then.filter((event) => !event.allowed).length)
        }
      },
    ),
  )
})

test('knows who was denied most, of no more than there is room for', () => {
  const clock = manualClock(NOON)
  const live = createLive(clock)
  const denied = { allowed: false, degraded: null }
  for (let i = 0; i < 20_000; i++) live.add(`s${i}`, 'free', denied)
  for (let i = 0; i < 3; i++) live.add('s7', 'free', denied)
  for (let i = 0; i < 2; i++) live.add('s9', 'pro', { allowed: true, degraded: null })
  expect(live.denied(2)).toEqual([
    { subject: 's7', plan: 'free', allowed: 0, denied: 4 },
    { subject: 's0', plan: 'free', allowed: 0, denied: 1 },
  ])
  expect(live.denied(10_000)).toHaveLength(5_000)
  expect(live.denied(10_000).find(({ subject }) => subject === 's9')).toEqual({
    subject: 's9',
    plan: 'pro',
    allowed: 2,
    denied: 1,
  })
  clock.advance('15m')
  expect(live.denied(10)).toEqual([])
  expect(live.plans()).toEqual([])
  live.add('new', 'pro', denied)
  expect(live.denied(10)).toEqual([{ subject: 'new', plan: 'pro', allowed: 0, denied: 1 }])
  expect(live.plans()).toEqual([{ plan: 'pro', allowed: 0, denied: 1 }])
})

test('who changes plans is shown under the latest, whichever minute of the hour it is', () => {
  for (let minute = 0; minute < 15; minute++) {
    const clock = manualClock(NOON)
    clock.advance(`${minute + 1}m`)
    const live = createLive(clock)
    live.add('s', 'free', { allowed: false, degraded: null })
    clock.advance('1m')
    live.add('s', 'pro', { allowed: false, degraded: null })
    expect(live.denied(1)).toEqual([{ subject: 's', plan: 'pro', allowed: 0, denied: 2 }])
  }
})

test('tells changes page by page, the newest first', async () => {
  const { ask } = await start()
  for (const daily of [1, 2, 3]) await ask('PUT', '/v1/plans/x', { daily })
  const first = (await ask('GET', '/v1/changes?limit=2')).json
  expect(first.changes.map(({ id }: { id: number }) => id)).toEqual([4, 3])
  expect(first.changes[0]).toMatchObject({
    actor: 'the-manager',
    at: expect.any(Number),
    change: { type: 'plan.set', plan: 'x', options: { daily: 3 } },
  })
  const second = (await ask('GET', `/v1/changes?limit=2&before=${first.next}`)).json
  expect(second.changes.map(({ id }: { id: number }) => id)).toEqual([2, 1])
  // What no database takes for an id is wrong here, and not a failure there.
  for (const before of ['0', '-1', '1.5', '', '9007199254740993', '1e300', '9223372036854775808'])
    expect((await ask('GET', `/v1/changes?before=${before}`)).status).toBe(400)
})

test('metrics count decisions by plan, and never by subject', async () => {
  const { ask } = await start()
  for (let i = 0; i < 3; i++) await ask('POST', '/v1/consume', { subject: 'secret-customer' })
  const { text, headers } = await ask('GET', '/metrics')
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(text).toMatch(/^headgate_decisions_total\{.*plan="free".*\} 2$/m)
  expect(text).toMatch(/^process_resident_memory_bytes/m)
  expect(text).not.toContain('secret-customer')
})

test('tells whether it runs and by what it decides', async () => {
  const { ask } = await start()
  expect((await ask('GET', '/healthz')).json).toEqual({ status: 'ok' })
  expect((await ask('GET', '/readyz')).json).toEqual({ status: 'ok', store: 'closed' })
  const { status, json, headers } = await ask('GET', '/nothing')
  expect({ status, code: json.code }).toEqual({ status: 404, code: 'NOT_FOUND' })
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('cache-control')).toBe('no-store')
})
