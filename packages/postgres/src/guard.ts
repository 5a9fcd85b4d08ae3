import type { PgClient, PgPool } from './client.ts'

const guarded = new WeakSet<PgPool | PgClient>()

/**
 * Listens to the errors of a pool or a connection, once and for good. Such an error rejects the work that the connection was
 * lent for, and a pool replaces it; emitted to nobody, it would end the process. Also one that is being closed may still
 * have something to tell, until its socket is gone.
 */
export function guard(source: PgPool | PgClient): void {
  if (guarded.has(source)) return
  guarded.add(source)
  source.on('error', () => {})
}

/** The same for a pool and its connections: a server that goes down may say so right behind its greeting. */
export function guardPool(pool: PgPool): void {
  if (guarded.has(pool)) return
  guard(pool)
  pool.on('connect', guard)
}
