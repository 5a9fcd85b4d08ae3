import type { MigrateOptions } from '@headgate/postgres'

/** Brings what the PostgreSQL store needs up to date, over a connection of its own. */
export async function migrateStore(
  url: string,
  connectMs: number,
  options: Omit<MigrateOptions, 'pool' | 'client'> = {},
): Promise<void> {
  const [{ migrate }, { default: pg }] = await Promise.all([import('@headgate/postgres'), import('pg')])
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: connectMs })
  pool.on('error', () => {})
  try {
    await migrate({ pool, ...options })
  } finally {
    await pool.end()
  }
}
