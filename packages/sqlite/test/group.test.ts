import { compileLimit, createLimiter, fixedWindow } from '@headgate/core'
import { expect, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { ask, START, thrownBy, tracedDatabase } from './support.ts'

const ten = fixedWindow({ limit: 10, window: '1s' })

function tracedStore(): {
  database: ReturnType<typeof tracedDatabase>['database']
  store: ReturnType<typeof sqliteStore>
  /** How many statements since the last time begin like this. */
  count: (start: string) => number
} {
  const { database, statements } = tracedDatabase()
  const store = sqliteStore({ database })
  statements.length = 0
  return { database, store, count: (start) => statements.filter((sql) => sql.startsWith(start)).length }
}

test('what arrives in one tick is one transaction, which reads and writes a key once', async () => {
  const { store, count } = tracedStore()
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, () => store.decide([ask('hot', 1, ten)], START)),
  )
  expect(outcomes.map(({ results }) => results[0]?.allowed)).toEqual(outcomes.map((_, i) => i < 10))
  expect(count('BEGIN IMMEDIATE')).toBe(1)
  expect(count('COMMIT')).toBe(1)
  expect(count('SELECT units')).toBe(1)
  expect(count('INSERT')).toBe(1)
})

test('requests that arrive one by one in the same turn of the event loop are grouped too', async () => {
  const { store, count } = tracedStore()
  const limiter = createLimiter({ store, limits: { ten } })
  const request = async () => {
    await Promise.resolve()
    return limiter.consume('hot', { now: START })
  }
  const turns = Array.from(
    { length: 5 },
    () => new Promise((resolve) => setImmediate(() => resolve(request()))),
  )
  await Promise.all(turns)
  expect(count('BEGIN IMMEDIATE')).toBe(1)
})

test('a process with much to do lets go of the file now and then', async () => {
  const { store, count } = tracedStore()
  await Promise.all(Array.from({ length: 2_500 }, () => store.decide([ask('hot')], START)))
  expect(count('BEGIN IMMEDIATE')).toBe(3)
})

test('a denial writes nothing', async () => {
  const { store, count } = tracedStore()
  store.decideSync([ask('hot', 2)], START)
  expect(count('INSERT')).toBe(1)
  store.decideSync([ask('hot', 2)], START)
  store.decideSync([ask('hot', 0), ask('cold', 0)], START)
  expect(count('INSERT')).toBe(1)
})

test('a call that answers at once comes after those that wait', async () => {
  const { store } = tracedStore()
  const order: string[] = []
  const first = store.decide([ask('hot', 3)], START).then((outcome) => {
    order.push('first')
    return outcome
  })
  expect(store.decideSync([ask('hot')], START).results[0]?.allowed).toBe(false)
  order.push('sync')
  expect((await first).results[0]?.allowed).toBe(true)
  expect(order).toEqual(['sync', 'first'])
})

test('calls of a group keep their order: a deletion is seen by what comes after it, and not before', async () => {
  const { store } = tracedStore()
  const [before, , after] = await Promise.all([
    store.decide([ask('hot', 3)], START),
    store.delete([{ scope: 'test', id: 'hot' }]),
    store.decide([ask('hot', 3)], START),
  ])
  expect([before?.results[0]?.allowed, after?.results[0]?.allowed]).toEqual([true, true])
  expect(store.decideSync([ask('hot')], START).results[0]?.allowed).toBe(false)
})

test('a call that denies one of its checks takes none of them, also within a group', async () => {
  const { store } = tracedStore()
  const both = [ask('a', 2), ask('b', 2)]
  const [, all, none] = await Promise.all([
    store.decide([ask('b', 1)], START),
    store.decide(both, START),
    store.decide(both, START),
  ])
  expect(all?.results.map(({ allowed }) => allowed)).toEqual([true, true])
  expect(none?.results.map(({ allowed }) => allowed)).toEqual([false, false])
  expect(store.decideSync([ask('a', 1)], START).results[0]?.allowed).toBe(true)
  expect(store.decideSync([ask('b', 1)], START).results[0]?.allowed).toBe(false)
})

test('a call that fails has taken nothing, and its neighbours are answered', async () => {
  const { store } = tracedStore()
  const rule = compileLimit(ten).ruleAt(START)
  const answers = await Promise.allSettled([
    store.decide([ask('hot', 1)], START),
    store.decide([ask('hot', 1)], Number.NaN),
    store.adjust(
      [
        { scope: 'test', id: 'hot', rule, units: 1 },
        { scope: 'test', id: 'other', rule, units: 0.5 },
      ],
      START,
    ),
    store.decide([ask('hot', 2)], START),
  ])
  expect(
    answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : answer.status)),
  ).toEqual(['fulfilled', 'INVALID_TIME', 'INVALID_COST', 'fulfilled'])
  expect(store.decideSync([ask('hot', 1)], START).results[0]?.allowed).toBe(false)
})

test('when the transaction fails, so do all of its calls, and nothing is taken', async () => {
  const { database, store } = tracedStore()
  database.exec(`CREATE TRIGGER full BEFORE INSERT ON headgate_states WHEN new.key LIKE '%poison' BEGIN
    SELECT RAISE(ABORT, 'no more');
  END`)
  const answers = await Promise.allSettled([
    store.decide([ask('a', 3)], START),
    store.decide([ask('poison', 1)], START),
    store.delete([{ scope: 'test', id: 'b' }]),
  ])
  for (const answer of answers) {
    expect(answer).toMatchObject({
      reason: { code: 'STORE_FAILED', cause: { code: 'SQLITE_CONSTRAINT_TRIGGER' } },
    })
  }
  expect(thrownBy(() => store.decideSync([ask('poison', 1)], START)).code).toBe('STORE_FAILED')
  expect((await store.decide([ask('a', 3)], START)).results[0]?.allowed).toBe(true)

  database.exec('DROP TABLE headgate_states')
  const gone = { code: 'STORE_FAILED', cause: { code: 'SQLITE_ERROR' } }
  await expect(store.decide([ask('a')], START)).rejects.toMatchObject(gone)
  expect(thrownBy(() => store.deleteSync([ask('a')]))).toMatchObject(gone)
})

test('in a transaction of the caller, it takes part in it, and what waits stays out of it', async () => {
  const { database, store } = tracedStore()
  const queued = store.decide([ask('queued', 3)], START)
  const transfer = database.transaction(() => {
    expect(store.decideSync([ask('inside', 3)], START).results[0]?.allowed).toBe(true)
    throw new Error('rolled back')
  })
  expect(() => transfer.immediate()).toThrow('rolled back')
  await queued
  expect(store.decideSync([ask('inside', 3)], START).results[0]?.allowed).toBe(true)
  expect(store.decideSync([ask('queued', 1)], START).results[0]?.allowed).toBe(false)
})
