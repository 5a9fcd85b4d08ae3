import { type Check, compileLimit, fixedWindow, type HeadgateError, type Limit } from '@headgate/core'
import type {} from '@headgate/services'
import pg from 'pg'
import { inject, onTestFinished } from 'vitest'
import { migrate, type PostgresStoreOptions, postgresStore } from '../src/index.ts'

/** 2041-01-01, in microseconds. */
export const START: number = Date.UTC(2041, 0, 1) * 1_000

/** A pool that goes when the test is over. */
export function poolForTest(options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: inject('postgresUrl'), ...options })
  onTestFinished(() => pool.end())
  return pool
}

let schemas = 0

/** A schema of a test's own, which goes when the test is over. */
export async function schemaForTest(pool: pg.Pool, unlogged = false): Promise<string> {
  const schema = `t${process.pid}_${++schemas}`
  await migrate({ pool, schema, unlogged })
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)))
  return schema
}

/** A question about a key under a limit, 3 in any window of 1 s unless told. */
export function ask(id: string, cost = 1, limit: Limit = fixedWindow({ limit: 3, window: '1s' })): Check {
  return { scope: 'test', id, rule: compileLimit(limit).ruleAt(START), cost }
}

/** The code of the error that a promise rejects with; `"fulfilled"` if it doesn't. */
export function codeOf(settled: PromiseSettledResult<unknown>): string {
  return settled.status === 'fulfilled' ? 'fulfilled' : (settled.reason as HeadgateError).code
}

/** A store, and how many statements it has sent to decide. */
export async function countedStore(
  options: Partial<PostgresStoreOptions> = {},
  { unlogged = false, ...config }: pg.PoolConfig & { readonly unlogged?: boolean } = {},
) {
  const pool = poolForTest(config)
  const schema = await schemaForTest(pool, unlogged)
  const texts: string[] = []
  const watched = new WeakSet<object>()
  pool.on('acquire', (client) => {
    if (watched.has(client)) return
    watched.add(client)
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      texts.push((args[0] as { text?: string }).text ?? '')
      return query(...args)
    }) as typeof client.query
  })
  const store = postgresStore({ pool, schema, ...options } as PostgresStoreOptions)
  await store.decide([ask('first')])
  const count = (name: string) => texts.filter((text) => text.includes(`.${name}(`)).length
  return { store, pool, schema, count: (name: 'take' | 'take_one' | 'apply') => count(name) }
}

/** How many statements of a schema wait for a lock. */
export async function waitersOf(schema: string, asked: Pick<pg.ClientBase, 'query'>): Promise<number> {
  const text =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
  const { rows } = await asked.query(text, [`%${schema}%`])
  return rows[0].n
}
