import { createLimiter, fixedWindow, type HeadgateError, manualClock } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { beforeEach, expect, test } from 'vitest'
import {
  type Batch,
  createUsage,
  type Ledger,
  memoryLedger,
  type UsageOptions,
  type UsageQuery,
  type UsageRecord,
} from '../src/index.ts'
import { all, codeOf, START, unitsIn } from './support.ts'

let clock = manualClock()
let errors: Error[] = []
beforeEach(() => {
  clock = manualClock()
  errors = []
})

const MONTH = { from: '2026-01-01', to: '2026-02-01', by: 'total' } as const

/** Enough turns of the event loop for whatever has begun. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A ledger in memory that does as it is told, and remembers what it was sent. */
function troubledLedger(options: { readonly maxRows?: number } = {}) {
  const inner = memoryLedger(options)
  const sent: Batch[] = []
  const state = { mode: 'works' as 'works' | 'refuses' | 'loses answers' | 'waits', sent, inner }
  let go: (() => void)[] = []
  const ledger: Ledger = {
    ...inner,
    async write(batch) {
      sent.push(batch)
      if (state.mode === 'refuses') throw new Error('away')
      if (state.mode === 'waits') await new Promise<void>((resolve) => go.push(resolve))
      await inner.write(batch)
      if (state.mode === 'loses answers') throw new Error('connection reset')
    },
  }
  const release = () => {
    for (const resolve of go) resolve()
    go = []
  }
  return { ledger, state, release }
}

function usageWith(options: Partial<UsageOptions> = {}) {
  return createUsage({ ledger: memoryLedger(), clock, onError: (error) => errors.push(error), ...options })
}

test('what is recorded is what is asked for, by whatever', async () => {
  const usage = usageWith()
  usage.record({ subject: 'acme' })
  usage.record({ subject: 'acme', allowed: false })
  usage.record({ subject: 'acme', meter: 'tokens', units: 1_200, plan: 'free' })
  usage.record({ subject: 'globex', meter: 'tokens', units: 7, allowed: false })
  usage.record({ subject: '__proto__', meter: 'tokens', units: 0 })
  usage.correct({ subject: 'acme', meter: 'tokens', plan: 'free', units: -200, requests: -1 })
  await usage.flush()
  const span = { start: '2026-01-01T00:00:00+00:00', end: '2026-02-01T00:00:00+00:00' }
  expect(await usage.query(MONTH)).toEqual([
    { ...span, meter: 'requests', requests: 1, denied: 1, units: 1, deniedUnits: 1 },
    { ...span, meter: 'tokens', requests: 1, denied: 1, units: 1_000, deniedUnits: 7 },
  ])
  expect(await usage.query({ ...MONTH, subject: 'acme', plan: 'free', groupBy: [] })).toEqual([
    { ...span, requests: 0, denied: 0, units: 1_000, deniedUnits: 0 },
  ])
  expect(
    (await all(usage.export({ ...MONTH, by: 'hour' }))).map((row) => [
      row.start,
      row.subject,
      row.meter,
      row.plan,
    ]),
  ).toEqual([
    ['2026-01-01T00:00:00+00:00', '__proto__', 'tokens', ''],
    ['2026-01-01T00:00:00+00:00', 'acme', 'requests', ''],
    ['2026-01-01T00:00:00+00:00', 'acme', 'tokens', 'free'],
    ['2026-01-01T00:00:00+00:00', 'globex', 'tokens', ''],
  ])
  expect(await usage.query({ ...MONTH, meter: 'nothing' })).toEqual([])
  await usage.close()
})

test('decisions are counted with what they cost', async () => {
  const limiter = createLimiter({
    store: memoryStore({ clock }),
    limits: { tokens: fixedWindow({ limit: 100, window: '1m' }) },
  })
  const usage = usageWith()
  for (const cost of [60, 60, 40]) {
    usage.onDecision(await limiter.consume('acme', { cost }), {
      subject: 'acme',
      meter: 'tokens',
      plan: 'free',
    })
  }
  await usage.flush()
  expect(await usage.query({ ...MONTH, plan: 'free' })).toMatchObject([
    { meter: 'tokens', requests: 2, denied: 1, units: 100, deniedUnits: 60 },
  ])
})

test('counts are written as one batch after the time, and nothing is where nothing waits', async () => {
  const { ledger, state } = troubledLedger()
  const usage = usageWith({ ledger, flushEvery: '5s' })
  for (let i = 0; i < 100; i++) usage.record({ subject: `s${i % 3}` })
  clock.advance(4_999)
  await settle()
  expect(state.sent).toEqual([])
  clock.advance(1)
  await settle()
  expect(state.sent.map(({ rows }) => rows.length)).toEqual([3])
  expect(await unitsIn(ledger)).toBe(100n)
  clock.advance('1h')
  await settle()
  expect(state.sent).toHaveLength(1)
  usage.record({ subject: 'again' })
  clock.advance('5s')
  await settle()
  expect(state.sent).toHaveLength(2)
})

test('what comes while a batch is on its way is in the next one', async () => {
  const { ledger, state, release } = troubledLedger()
  const usage = usageWith({ ledger })
  state.mode = 'waits'
  usage.record({ subject: 'acme' })
  const first = usage.flush()
  await settle()
  usage.record({ subject: 'acme', units: 10 })
  const [second, third] = [usage.flush(), usage.flush()]
  expect(second).toBe(third)
  await settle()
  expect(state.sent).toHaveLength(1)
  release()
  await settle()
  release()
  await Promise.all([first, second])
  expect(state.sent.map(({ rows }) => rows.map(({ units }) => units))).toEqual([[1n], [10n]])
  expect(await unitsIn(ledger)).toBe(11n)
})

test('a flush ends, however much comes meanwhile', async () => {
  const inner = memoryLedger()
  let writes = 0
  const ledger: Ledger = {
    ...inner,
    async write(batch) {
      await inner.write(batch)
      for (let i = 0; i < 4 && writes < 1_000; i++) usage.record({ subject: `s${writes++}` })
    },
  }
  const usage = usageWith({ ledger, maxBuffered: 8 })
  usage.record({ subject: 'first' })
  const first = usage.flush()
  usage.record({ subject: 'second' })
  await Promise.all([first, usage.flush()])
  expect(writes).toBeLessThan(1_000)
  await usage.close()
})

test('a batch whose answer was lost is sent again as it was, and counted once', async () => {
  const { ledger, state } = troubledLedger()
  const usage = usageWith({ ledger })
  state.mode = 'loses answers'
  usage.record({ subject: 'acme' })
  for (let i = 0; i < 3; i++) {
    expect(await codeOf(() => usage.flush())).toBe('STORE_FAILED')
    usage.record({ subject: 'acme' })
  }
  state.mode = 'works'
  clock.advance('5s')
  await settle()
  expect(await unitsIn(ledger)).toBe(4n)
  // Three times the first, once more, and one of the three that came since.
  expect(new Set(state.sent.map(({ id }) => id)).size).toBe(2)
  expect(state.sent.slice(0, 4).map(({ rows }) => rows[0]?.units)).toEqual([1n, 1n, 1n, 1n])
  await usage.close()
})

test('a ledger that is away: nothing throws, it is told once a second, and all is written when it is back', async () => {
  const { ledger, state } = troubledLedger()
  const usage = usageWith({ ledger, flushEvery: 100 })
  state.mode = 'refuses'
  for (let i = 0; i < 30; i++) {
    usage.record({ subject: 'acme' })
    clock.advance(100)
    await settle()
  }
  expect(state.sent.length).toBeGreaterThan(20)
  expect(errors).toHaveLength(3)
  expect(errors[0]).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('away') })
  state.mode = 'works'
  clock.advance(100)
  await settle()
  expect(await unitsIn(ledger)).toBe(30n)
  expect(usage.dropped).toBe(0)
})

test('a clock that was set back keeps no error from being told', async () => {
  const { ledger, state } = troubledLedger()
  const usage = usageWith({ ledger })
  state.mode = 'refuses'
  usage.record({ subject: 'acme' })
  await codeOf(() => usage.flush())
  await codeOf(() => usage.flush())
  expect(errors).toHaveLength(1)
  clock.set(START - 1e12)
  await codeOf(() => usage.flush())
  expect(errors).toHaveLength(2)
})

test('when half of the rows wait they are written at once; who comes meanwhile has the other half', async () => {
  const { ledger, state, release } = troubledLedger()
  const usage = usageWith({ ledger, maxBuffered: 10 })
  state.mode = 'waits'
  for (let i = 0; i < 4; i++) usage.record({ subject: `s${i}` })
  await settle()
  expect(state.sent).toHaveLength(0)
  for (let i = 4; i < 5; i++) usage.record({ subject: `s${i}` })
  await settle()
  expect(state.sent).toHaveLength(1)
  for (let i = 10; i < 15; i++) usage.record({ subject: `s${i}` })
  expect(usage.dropped).toBe(0)
  usage.record({ subject: 'one too many' })
  usage.record({ subject: 's10' })
  expect(usage.dropped).toBe(1)
  state.mode = 'works'
  release()
  await settle()
  expect(await unitsIn(ledger)).toBe(11n)
})

test('what can’t be kept is dropped, counted, and told, in the end with the whole number', async () => {
  const { ledger, state } = troubledLedger()
  const usage = usageWith({ ledger, maxBuffered: 4, flushEvery: '2s' })
  state.mode = 'refuses'
  for (let i = 0; i < 4; i++) {
    usage.record({ subject: `s${i}` })
    await settle()
  }
  errors = []
  for (let i = 0; i < 10; i++) usage.record({ subject: `new ${i}` })
  // Who is known already still counts: the first two are in the batch that failed, and the others not.
  usage.record({ subject: 's3' })
  expect(usage.dropped).toBe(10)
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatchObject({ code: 'STORE_OVERLOADED', message: expect.stringMatching(/: 1\./) })
  clock.advance('2s')
  await settle()
  expect(errors.map(({ message }) => message).join()).toContain('so far: 10.')
  // However full it is, it is tried in its time only.
  expect(state.sent).toHaveLength(2)
  // And of what was told once nobody is told again.
  errors = []
  clock.advance('2s')
  await settle()
  expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('away')])
  state.mode = 'works'
  await usage.close()
  expect(await unitsIn(ledger)).toBe(5n)
})

test('close tells of drops that nobody was told of yet', async () => {
  const { ledger, state } = troubledLedger()
  const usage = usageWith({ ledger, maxBuffered: 2 })
  state.mode = 'refuses'
  for (let i = 0; i < 6; i++) usage.record({ subject: `s${i}` })
  state.mode = 'works'
  await usage.close()
  expect(errors.map(({ message }) => message.match(/so far: (\d+)/)?.[1])).toEqual(['1', '4'])
})

test('nothing, and what was not awaited, are refused', () => {
  const usage = usageWith()
  const invalid = (code: string, option: string) => expect.objectContaining({ code, option })
  expect(() => usage.record(undefined as never)).toThrow(invalid('INVALID_KEY', 'subject'))
  expect(() => usage.correct(undefined as never)).toThrow(invalid('INVALID_COST', 'units'))
  expect(() => usage.export(undefined as never)).toThrow(invalid('INVALID_OPTION', 'by'))
  const promise = Promise.resolve({ allowed: true, cost: 1 })
  expect(() => usage.onDecision(promise as never, { subject: 'acme' })).toThrow(
    invalid('INVALID_OPTION', 'decision'),
  )
})

test('what a listener throws, now or later, changes nothing', async () => {
  for (const onError of [
    () => {
      throw new Error('oops')
    },
    async () => {
      throw new Error('oops')
    },
  ]) {
    const { ledger, state } = troubledLedger()
    const usage = usageWith({ ledger, maxBuffered: 2, onError })
    state.mode = 'refuses'
    for (let i = 0; i < 5; i++) usage.record({ subject: `s${i}` })
    clock.advance('5s')
    await settle()
    state.mode = 'works'
    await usage.flush()
    expect(await unitsIn(ledger)).toBe(2n)
    expect(usage.dropped).toBe(3)
  }
})

test('close writes; where it can’t it says so, loses nothing, and can be called again', async () => {
  const { ledger, state } = troubledLedger()
  let closed = 0
  const usage = usageWith({ ledger: { ...ledger, close: async () => void closed++ } })
  usage.record({ subject: 'acme' })
  state.mode = 'refuses'
  expect(await codeOf(() => usage.close())).toBe('STORE_FAILED')
  expect(closed).toBe(0)
  clock.advance('1h')
  await settle()
  expect(state.sent).toHaveLength(1)
  state.mode = 'works'
  await Promise.all([usage.close(), usage.close()])
  await usage.close()
  expect([await unitsIn(ledger), closed]).toEqual([1n, 1])
  usage.record({ subject: 'late' })
  expect(usage.dropped).toBe(1)
  expect(errors.at(-1)).toMatchObject({ code: 'STORE_CLOSED' })
  expect(await codeOf(() => usage.query(MONTH))).toBe('STORE_CLOSED')
})

test('an error of the ledger is a failure of query and export', async () => {
  const cause = new Error('gone')
  const ledger: Ledger = {
    ...memoryLedger(),
    // biome-ignore lint/correctness/useYield: as one that fails before its first row
    async *read() {
      throw cause
    },
  }
  const usage = usageWith({ ledger })
  await expect(usage.query(MONTH)).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
  await expect(all(usage.export(MONTH))).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
})

test('a query of too many rows is refused, an export of them isn’t', async () => {
  const counts = { requests: 1n, denied: 0n, units: 1n, deniedUnits: 0n }
  let rows = 100_000
  const ledger: Ledger = {
    ...memoryLedger(),
    async *read() {
      for (let i = 0; i < rows; i++) yield { period: 0, meter: `m${i}`, ...counts }
    },
  }
  const usage = usageWith({ ledger })
  expect(await usage.query(MONTH)).toHaveLength(rows)
  rows++
  await expect(usage.query(MONTH)).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'groupBy' })
  expect(await all(usage.export(MONTH))).toHaveLength(rows)
})

test('a ledger in memory knows the last thousand batches', async () => {
  const ledger = memoryLedger()
  const rows = [
    { slot: START, subject: 'a', meter: 'm', plan: '', requests: 1n, denied: 0n, units: 1n, deniedUnits: 0n },
  ]
  for (let i = 0; i <= 1_000; i++) await ledger.write({ id: `${i}`, rows })
  await ledger.write({ id: '1', rows })
  expect(await unitsIn(ledger)).toBe(1_001n)
  await ledger.write({ id: '0', rows })
  expect(await unitsIn(ledger)).toBe(1_002n)
})

test('a ledger in memory that is full says so, and goes on when there is room', async () => {
  const { ledger, state } = troubledLedger({ maxRows: 2 })
  const usage = usageWith({ ledger })
  usage.record({ subject: 'a' })
  usage.record({ subject: 'b' })
  await usage.flush()
  usage.record({ subject: 'c', at: START + 1e12 })
  await expect(usage.flush()).rejects.toMatchObject({
    code: 'STORE_FAILED',
    fix: expect.stringContaining('prune'),
  })
  await state.inner.prune(START + 1e12)
  await usage.flush()
  expect(await unitsIn(ledger)).toBe(1n)
})

test('a sum that a number can’t hold is an error, never a wrong number', async () => {
  const usage = usageWith()
  usage.correct({ subject: 'acme', units: Number.MAX_SAFE_INTEGER })
  await usage.flush()
  expect((await usage.query(MONTH))[0]?.units).toBe(Number.MAX_SAFE_INTEGER)
  usage.record({ subject: 'acme' })
  await usage.flush()
  await expect(usage.query(MONTH)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    value: BigInt(Number.MAX_SAFE_INTEGER) + 1n,
  })
})

test.each<[string, string, object]>([
  ['INVALID_KEY', 'subject', { subject: '' }],
  ['INVALID_KEY', 'subject', { subject: undefined }],
  ['INVALID_KEY', 'subject', { subject: 5 }],
  ['INVALID_KEY', 'subject', { subject: 'x'.repeat(513) }],
  ['INVALID_KEY', 'subject', { subject: 'a\0b' }],
  ['INVALID_KEY', 'subject', { subject: 'a\ud800' }],
  ['INVALID_OPTION', 'meter', { meter: '' }],
  ['INVALID_OPTION', 'meter', { meter: 'a b' }],
  ['INVALID_OPTION', 'plan', { plan: '=1' }],
  ['INVALID_OPTION', 'plan', { plan: null }],
  ['INVALID_COST', 'units', { units: -1 }],
  ['INVALID_COST', 'units', { units: 0.5 }],
  ['INVALID_COST', 'units', { units: Number.NaN }],
  ['INVALID_COST', 'units', { units: '1' }],
  ['INVALID_COST', 'units', { units: 2 ** 40 + 1 }],
  ['INVALID_OPTION', 'allowed', { allowed: null }],
  ['INVALID_TIME', 'at', { at: -1 }],
  ['INVALID_TIME', 'at', { at: Number.NaN }],
  ['INVALID_TIME', 'at', { at: new Date() }],
])('a record is refused as %s of %s: %j', async (code, option, change) => {
  const { ledger, state } = troubledLedger()
  const usage = usageWith({ ledger })
  const record = { subject: 'acme', ...change } as UsageRecord
  expect(() => usage.record(record)).toThrow(expect.objectContaining({ code, option }))
  await usage.flush()
  expect(state.sent).toEqual([])
})

test('a subject may be as long as this, and of anything else', async () => {
  const usage = usageWith()
  for (const subject of ['x'.repeat(512), '😀'.repeat(256), '\u202e', ' ', '=1+1', "'; --"]) {
    usage.record({ subject, units: 2 ** 40 })
  }
  await usage.flush()
  expect(await usage.query({ ...MONTH, groupBy: ['subject'] })).toHaveLength(6)
})

test.each<[string, object]>([
  ['INVALID_COST', { units: 0.5 }],
  ['INVALID_COST', { units: undefined }],
  ['INVALID_COST', { units: 1, requests: Number.NaN }],
  ['INVALID_KEY', { units: 1, subject: '' }],
])('a correction is refused as %s: %j', (code, change) => {
  const correction = { subject: 'acme', ...change } as never
  expect(() => usageWith().correct(correction)).toThrow(expect.objectContaining({ code }))
})

test.each<[string, string, Partial<Record<keyof UsageQuery, unknown>>]>([
  ['INVALID_OPTION', 'by', { by: 'week' }],
  ['INVALID_OPTION', 'by', { by: undefined }],
  ['INVALID_OPTION', 'timeZone', { timeZone: 'Mars/Olympus' }],
  ['INVALID_OPTION', 'timeZone', { timeZone: 5 }],
  ['INVALID_OPTION', 'groupBy', { groupBy: ['units'] }],
  ['INVALID_OPTION', 'groupBy', { groupBy: ['meter', 'meter'] }],
  ['INVALID_OPTION', 'groupBy', { groupBy: 'meter' }],
  ['INVALID_OPTION', 'to', { by: 'hour', to: '2027-01-01' }],
  ['INVALID_KEY', 'subject', { subject: '' }],
  ['INVALID_OPTION', 'meter', { meter: 'a b' }],
  ['INVALID_OPTION', 'plan', { plan: 'a b' }],
  ['INVALID_TIME', 'from', { from: '2026-13-01' }],
  ['INVALID_TIME', 'from', { from: '2026-02-30' }],
  ['INVALID_TIME', 'from', { from: '2025-02-29T00:00:00Z' }],
  ['INVALID_TIME', 'from', { from: '1960-01-01' }],
  ['INVALID_TIME', 'from', { from: '2026-01-01T00:00:00' }],
  ['INVALID_TIME', 'from', { from: '2026-01-01T00:01:00Z' }],
  ['INVALID_TIME', 'from', { from: START + 1 }],
  ['INVALID_TIME', 'from', { from: new Date(Number.NaN) }],
  ['INVALID_TIME', 'from', { from: undefined }],
  ['INVALID_TIME', 'to', { to: '2026-01-01' }],
  ['INVALID_TIME', 'to', { to: '1969-01-01T00:00:00Z' }],
])('a query is refused as %s of %s: %j', async (code, option, change) => {
  const usage = usageWith()
  const query = { ...MONTH, ...change } as UsageQuery
  await expect(usage.query(query)).rejects.toMatchObject({ code, option })
  expect(() => usage.export(query)).toThrow(expect.objectContaining({ code, option }) as HeadgateError)
})

test.each<[string, Partial<Record<keyof UsageOptions, unknown>>]>([
  ['ledger', { ledger: undefined }],
  ['ledger', { ledger: {} }],
  ['flushEvery', { flushEvery: 0 }],
  ['maxBuffered', { maxBuffered: 1 }],
  ['maxBuffered', { maxBuffered: Number.NaN }],
  ['onError', { onError: 'x' }],
])('a wrong %s is an error: %j', (option, options) => {
  expect(() => usageWith(options as Partial<UsageOptions>)).toThrow(
    expect.objectContaining({ name: 'HeadgateError', option }),
  )
})
