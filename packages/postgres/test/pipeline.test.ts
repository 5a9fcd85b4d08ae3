// Where connections pipeline: statements for one key are sent one behind the other, on one connection.
import { setTimeout as sleep } from 'node:timers/promises'
import { conform } from '@headgate/conformance'
import { type Limit, type Store, tokenBucket } from '@headgate/core'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest'
import { migrate, postgresStore } from '../src/index.ts'
import { ask, codeOf, countedStore, poolForTest, START, waitersOf } from './support.ts'

const plenty = tokenBucket({ capacity: 1_000_000, refill: 1_000_000, per: '1d' })

describe('the laws', () => {
  const schema = 'pipelined'
  const pool = new pg.Pool({ connectionString: inject('postgresUrl'), pipeline: true })
  beforeAll(async () => void (await migrate({ pool, schema, unlogged: true })))
  afterAll(() => pool.end())
  conform({
    describe,
    it,
    sync: false,
    runs: 30,
    store: () => postgresStore({ pool, schema, prepare: true, timeout: 30_000 }),
  })
})

const PIPELINED = { pipeline: true, unlogged: true }

function burst(store: Store, size: number, limit: Limit = plenty, id = 'hot') {
  return Promise.all(Array.from({ length: size }, () => store.decide([ask(id, 1, limit)], START)))
}

test("bursts at a key that is this process's alone go in halves, on one connection, and are answered in their order", async () => {
  const { store, pool, count } = await countedStore({}, PIPELINED)
  const limit = tokenBucket({ capacity: 900, refill: 900, per: '1d' })
  const answers: boolean[] = []
  const counts: number[] = []
  for (let i = 0; i < 16; i++) {
    const before = count('take_one')
    answers.push(...(await burst(store, 64, limit)).map(({ results }) => results[0]?.allowed === true))
    counts.push(count('take_one') - before)
  }
  // The first makes the row, and eight more show that nobody else is there.
  expect(counts).toEqual([...Array(9).fill(1), ...Array(7).fill(2)])
  expect(answers).toEqual(Array.from({ length: 1_024 }, (_, i) => i < 900))
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
  await store.close()
})

test.for([
  ['a small burst', {}, 31],
  ['one at a table that is logged', { unlogged: false }, 64],
  ['one where connections do not pipeline', { pipeline: false }, 64],
] as const)('%s goes in one statement', async ([, config, size]) => {
  const { store, count } = await countedStore({}, { ...PIPELINED, ...config })
  for (let i = 0; i < 16; i++) await burst(store, size)
  expect(count('take_one')).toBe(16)
  await store.close()
})

test('bursts at a key that others take from go in one statement, until they leave it alone', async () => {
  const { store, pool, schema, count } = await countedStore({}, PIPELINED)
  const other = postgresStore({ pool, schema })
  const counts: number[] = []
  for (let i = 0; i < 30; i++) {
    if (i > 12 && i < 16) await other.decide([ask('hot', 1, plenty)], START)
    const before = count('take_one')
    await burst(store, 64)
    counts.push(count('take_one') - before)
  }
  // One more in halves, of which the first meets what the other took.
  const expected = [...Array(9).fill(1), ...Array(5).fill(2), ...Array(10).fill(1), ...Array(6).fill(2)]
  expect(counts).toEqual(expected)
  await Promise.all([store.close(), other.close()])
})

test('a key that somebody locks holds up no other, deadlines are kept, and nothing is done late', async () => {
  const { store, pool, schema } = await countedStore({ timeout: 300 }, PIPELINED)
  for (let i = 0; i < 12; i++) await burst(store, 64)
  const admin = poolForTest()
  const holder = await admin.connect()
  await holder.query(`BEGIN; SELECT 1 FROM ${schema}.states FOR UPDATE`)
  const from = performance.now()
  const late = Promise.allSettled(
    Array.from({ length: 64 }, () => store.decide([ask('hot', 1, plenty)], START)),
  )
  await sleep(50)
  const cold = await store.decide([ask('cold', 1, plenty)], START)
  expect(cold.results[0]?.allowed).toBe(true)
  const codes = (await late).map(codeOf)
  expect(performance.now() - from).toBeLessThan(300 + 2_000)
  expect(codes.filter((code) => code !== 'STORE_TIMEOUT' && code !== 'STORE_FAILED')).toEqual([])
  await expect.poll(() => waitersOf(schema, holder)).toBe(0)
  await holder.query('ROLLBACK')
  holder.release()
  const [after] = await burst(store, 1)
  const { den } = ask('hot', 1, plenty).rule as { den: number }
  expect(after?.results[0]?.cells[1]).toBe((12 * 64 + 1) * den)
  // The pool has its connections back.
  await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0)
  await store.close()
})
