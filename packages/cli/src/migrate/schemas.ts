import type { MigrateOptions } from '@headgate/postgres'
import type { Pool } from 'pg'

/** Brings what the PostgreSQL store needs up to date, over a connection of its own. */
export async function migrateStore(
  url: string,
  connectMs: number,
  options: Omit<MigrateOptions, 'pool' | 'client'> = {},
): Promise<void> {
  const { migrate } = await import('@headgate/postgres')
  await withPool(url, connectMs, (pool) => migrate({ pool, ...options }))
}

/** The same for plans, who is on which, and usage. */
export function migrateRecords(url: string, connectMs: number): Promise<void> {
  return withPool(url, connectMs, migrateRecordsOn)
}

/** The same, over a pool that is there. */
export async function migrateRecordsOn(pool: Pool): Promise<void> {
  const [plans, usage] = await Promise.all([
    import('@headgate/server/postgres'),
    import('@headgate/usage/postgres'),
  ])
  await plans.migrate(pool)
  await usage.migrate(pool)
}

async function withPool(
  url: string,
  connectMs: number,
  work: (pool: Pool) => Promise<unknown>,
): Promise<void> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: connectMs })
  pool.on('error', () => {})
  try {
    await work(pool)
  } finally {
    await pool.end()
  }
}
