import type { PgClient, PgPool, PgPoolClient } from './client.ts'

const guarded = new WeakSet<PgPool | PgClient>()

/**
 * Listens to the errors of a pool or a connection, once and for good. Such an error rejects the work that the connection was
 * lent for, and a pool replaces it; emitted to nobody, it would end the process.
 */
function guard(source: PgPool | PgClient): void {
  if (guarded.has(source)) return
  guarded.add(source)
  source.on('error', () => {})
}

/** The same for a pool and its connections: a server that goes down may say so right behind its greeting. */
function guardPool(pool: PgPool): void {
  if (guarded.has(pool)) return
  guard(pool)
  pool.on('connect', guard)
}

/** A connection of the pool, for the caller to give back. */
export async function borrow(pool: PgPool): Promise<PgPoolClient> {
  guardPool(pool)
  const client = await pool.connect()
  guard(client)
  return client
}

/**
 * Does work on a connection of the pool. One on which it failed is closed, for it may be in the middle of something; so is one
 * that is late, for else each statement that the network swallowed would keep its place in the pool for ever.
 *
 * @param timeoutMs how long it may take, the pool's time included; as long as it takes unless told
 */
export function onLoan<T>(
  pool: PgPool,
  work: (client: PgClient) => Promise<T>,
  timeoutMs?: number,
): Promise<T> {
  let client: PgPoolClient | undefined
  let isOver = false
  const end = (isBroken: boolean): void => {
    if (isOver) return
    isOver = true
    client?.release(isBroken)
  }
  const doWork = async (): Promise<T> => {
    const lent = await borrow(pool)
    if (isOver) {
      lent.release()
      throw new Error('the pool had no connection in time')
    }
    client = lent
    try {
      const result = await work(lent)
      end(false)
      return result
    } catch (error) {
      end(true)
      throw error
    }
  }
  if (timeoutMs === undefined) return doWork()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${timeoutMs} ms`))
      // A connection that pipelines would first wait for what is under way.
      client?.connection?.stream?.destroy()
      end(true)
    }, timeoutMs)
    doWork()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
