import { compileLimit, fixedWindow, tokenBucket } from '@headgate/core'
import pg from 'pg'
import { describe, expect, inject, test } from 'vitest'
import { migrate, type PostgresStoreOptions, postgresStore } from '../src/index.ts'
import { ask, codeOf, countedStore, poolForTest, START, schemaForTest } from './support.ts'

const ten = tokenBucket({ capacity: 10, refill: 1, per: '1d' })

describe('gathering', () => {
  test('what is asked in one tick is one statement', async () => {
    const { store, count } = await countedStore({ maxInFlight: 1 })
    const before = count('apply')
    const windows = Array.from({ length: 64 }, () =>
      store.decide([ask('hot', 1, fixedWindow({ limit: 10, window: '1d' }))], START),
    )
    const outcomes = await Promise.all(windows)
    expect(outcomes.map(({ results }) => results[0]?.allowed)).toEqual(outcomes.map((_, i) => i < 10))
    expect(count('apply') - before).toBe(1)
  })

  test('a hot key under a meter that has room takes one short statement, and no other', async () => {
    const { store, count } = await countedStore({ maxInFlight: 1 })
    await store.decide([ask('hot', 1, ten)], START)
    const [before, taken, others] = [count('take_one'), count('take'), count('apply')]
    const outcomes = await Promise.all(
      Array.from({ length: 9 }, () => store.decide([ask('hot', 1, ten)], START)),
    )
    expect(outcomes.every(({ results }) => results[0]?.allowed)).toBe(true)
    expect([count('take_one') - before, count('take') - taken, count('apply') - others]).toEqual([1, 0, 0])
    expect((await store.decide([ask('hot', 1, ten)], START)).results[0]?.allowed).toBe(false)
  })

  test('new keys, denials and limits of all kinds share that statement', async () => {
    const { store, count } = await countedStore({ maxInFlight: 1 })
    const two = tokenBucket({ capacity: 20, refill: 1, per: '1h' })
    const bare = tokenBucket({ capacity: 10, refill: 1, per: '1h' })
    await Promise.all([
      store.decide([ask('empty', 10, ten)], START),
      store.decide([ask('elsewhere', 5, ten)], START),
    ])
    const before = [count('take'), count('apply')]
    const outcomes = await Promise.all([
      store.decide([ask('empty', 1, ten)], START),
      store.decide([ask('new', 4, ten)], START),
      store.decide([ask('new', 4, ten)], START),
      store.decide([ask('new', 4, ten)], START),
      store.decide([ask('other', 6, two)], START + 1),
      store.decide([ask('other', 6, two)], START + 1),
      store.decide([ask('elsewhere', 6, bare)], START),
      store.decide([ask('another', 1, bare)]),
    ])
    expect([count('take') - (before[0] ?? 0), count('apply') - (before[1] ?? 0)]).toEqual([1, 0])
    expect(outcomes.map(({ results }) => results[0]?.allowed)).toEqual([
      false,
      true,
      true,
      false,
      true,
      true,
      false,
      true,
    ])
    expect(outcomes.slice(0, 7).map(({ now }) => now - START)).toEqual([0, 0, 0, 0, 1, 1, 0])
    const levels = [ten, ten, ten, ten, two, two, bare, bare].map((limit, i) => {
      const { den } = compileLimit(limit).ruleAt(START) as { den: number }
      return (outcomes[i]?.results[0]?.cells[1] ?? 0) / den
    })
    expect(levels).toEqual([10, 4, 8, 8, 6, 12, 5, 1])
  })

  test('many keys are shared out over the statements that there is room for, and a hot one is not', async () => {
    for (const [maxInFlight, keys, statements] of [
      [1, 64, 1],
      [4, 1, 1],
      [4, 40, 1],
      [4, 64, 2],
      [2, 200, 2],
    ] as const) {
      const { store, count } = await countedStore({ maxInFlight })
      const taken = () => count('take') + count('take_one')
      const before = taken()
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, (_, i) => store.decide([ask(`key ${i % keys}`, 5, ten)], START)),
      )
      expect(outcomes.map(({ results }) => results[0]?.allowed)).toEqual(outcomes.map((_, i) => i < 2 * keys))
      expect([keys, taken() - before]).toEqual([keys, statements])
    }
  })

  test('calls of a statement keep their order at a key', async () => {
    const { store } = await countedStore({ maxInFlight: 1 })
    const [before, , after] = await Promise.all([
      store.decide([ask('hot', 3)], START),
      store.delete([{ scope: 'test', id: 'hot' }]),
      store.decide([ask('hot', 3)], START),
    ])
    expect([before?.results[0]?.allowed, after?.results[0]?.allowed]).toEqual([true, true])
    expect((await store.decide([ask('hot')], START)).results[0]?.allowed).toBe(false)
  })

  test('a denial and a look leave no row', async () => {
    const { store, pool, schema } = await countedStore()
    await store.decide([ask('look', 0), ask('look 2', 0)])
    await store.decide([ask('too much', 4), ask('other', 1)])
    await store.decide([ask('too much', 100, ten)])
    await store.adjust([{ ...ask('refund'), units: -1 }])
    await store.delete([ask('nobody')])
    const { rows } = await pool.query(`SELECT key FROM ${schema}.states`)
    expect(rows).toEqual([{ key: '4:test5:first' }])
  })
})

describe('what the server would choke on', () => {
  test('numbers that are none are refused before they are sent, and their neighbours are answered', async () => {
    const { store } = await countedStore()
    const rule = compileLimit(ten).ruleAt(START)
    const settled = await Promise.allSettled([
      store.decide([ask('hot')], START),
      store.decide([ask('hot')], Number.NaN),
      store.decide([ask('hot', 0.5)], START),
      store.decide([ask('hot', -1)], START),
      store.decide([ask('hot', 2 ** 53)], START),
      store.decide([{ ...ask('hot'), rule: { ...rule, units: "meter:1','" } as never }], START),
      store.decide([{ ...ask('hot'), rule: { ...rule, num: 0.1 } as never }], START),
      store.adjust([{ ...ask('hot'), units: 0.5 }], START),
      store.adjust(
        [{ ...ask('hot', 1, ten), units: -1, charge: { units: rule.units, cells: [0.5, 1] } }],
        START,
      ),
      store.decide([ask('hot')], START),
    ])
    const wrong = ['INVALID_COST', 'INVALID_COST', 'INVALID_COST', 'INVALID_LIMIT', 'INVALID_LIMIT']
    expect(settled.map(codeOf)).toEqual([
      'fulfilled',
      'INVALID_TIME',
      ...wrong,
      'INVALID_COST',
      'INVALID_COST',
      'fulfilled',
    ])
  })
})

describe('a database that is not as it should be', () => {
  test('without a schema it says what to run, and goes on once that is done', async () => {
    const pool = poolForTest()
    const schema = `late_${process.pid}`
    const store = postgresStore({ pool, schema })
    const failure = { code: 'STORE_FAILED', fix: expect.stringMatching(/migrate\(\).*headgate migrate/) }
    await expect(store.decide([ask('a')])).rejects.toMatchObject(failure)
    await migrate({ pool, schema })
    await expect(store.decide([ask('a')])).resolves.toMatchObject({ results: [{ allowed: true }] })
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
    await expect(store.decide([ask('a')])).rejects.toMatchObject(failure)
  })

  test('a newer or older one is refused', async () => {
    const pool = poolForTest()
    const schema = await schemaForTest(pool)
    await pool.query(`INSERT INTO ${schema}.migrations (version) VALUES (99)`)
    const newer = { code: 'STORE_FAILED', fix: expect.stringContaining('Upgrade @headgate/postgres') }
    await expect(postgresStore({ pool, schema }).decide([ask('a')])).rejects.toMatchObject(newer)
    await expect(migrate({ pool, schema })).rejects.toMatchObject(newer)
    await pool.query(`DELETE FROM ${schema}.migrations WHERE version > 1`)
    const older = { code: 'STORE_FAILED', fix: expect.stringContaining('migrate()') }
    await expect(postgresStore({ pool, schema }).decide([ask('a')])).rejects.toMatchObject(older)
  })

  test('another isolation level is refused rather than trusted', async () => {
    const pool = poolForTest({ options: '-c default_transaction_isolation=serializable' })
    const schema = await schemaForTest(pool)
    const failure = {
      code: 'STORE_FAILED',
      cause: { code: 'HG001' },
      fix: expect.stringContaining('isolation'),
    }
    await expect(postgresStore({ pool, schema }).decide([ask('a')])).rejects.toMatchObject(failure)
  })

  test('a read-only one says to use the primary', async () => {
    const writer = poolForTest()
    const schema = await schemaForTest(writer)
    const pool = poolForTest({ options: '-c default_transaction_read_only=on' })
    const failure = { code: 'STORE_FAILED', fix: expect.stringContaining('primary') }
    await expect(postgresStore({ pool, schema }).decide([ask('a')])).rejects.toMatchObject(failure)
  })
})

test.each([
  [{}, 'pool'],
  [{ pool: poolOfNobody(), client: {} }, 'pool'],
  [{ pool: {} }, 'pool'],
  [{ client: {} }, 'client'],
  [{ pool: poolOfNobody(), schema: 'a"b' }, 'schema'],
  [{ pool: poolOfNobody(), schema: 'pg_mine' }, 'schema'],
  [{ pool: poolOfNobody(), schema: 'Mine' }, 'schema'],
  [{ pool: poolOfNobody(), timeout: 0 }, 'timeout'],
  [{ pool: poolOfNobody(), timeout: 2 ** 31 }, 'timeout'],
  [{ pool: poolOfNobody(), maxInFlight: 11 }, 'maxInFlight'],
  [{ pool: poolOfNobody(), maxWaiting: 0.5 }, 'maxWaiting'],
  [{ pool: poolOfNobody(), prepare: 1 }, 'prepare'],
])('options that cannot be meant are refused: %#', (options, option) => {
  expect(() => postgresStore(options as unknown as PostgresStoreOptions)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', option }),
  )
})

/** A pool that connects to nothing. */
function poolOfNobody(): pg.Pool {
  return new pg.Pool()
}

test('a closed store rejects, and leaves the pool open', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const store = postgresStore({ pool, schema })
  const last = store.decide([ask('a')])
  await store.close()
  expect((await last).results[0]?.allowed).toBe(true)
  await expect(store.decide([ask('a')])).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await expect(store.delete([ask('a')])).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await store.close()
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  expect(pool.listenerCount('error')).toBe(1)
})

test('a client that is lost fails its calls, and nobody else', async () => {
  const pool = poolForTest()
  const schema = await schemaForTest(pool)
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  const store = postgresStore({ client, schema })
  await store.decide([ask('a')])
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
  await expect(store.decide([ask('a')])).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await ended
  await expect(store.decide([ask('a')])).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await store.close()
})
