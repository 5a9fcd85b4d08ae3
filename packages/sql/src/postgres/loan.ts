import type { PgClient, PgPool, PgPoolClient, PgQuery } from './client.ts'

/** How long work on a connection may take. */
export interface LoanOptions {
  /** In milliseconds, the pool's time included; as long as it takes unless told. A connection that is late is closed. */
  readonly timeoutMs?: number
  /** Whoever doesn't want the result any more doesn't wait for it; the connection goes on until it is done, or late. */
  readonly signal?: AbortSignal | undefined
}

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

/**
 * A connection of the pool, for the caller to give back. Its errors, and the pool's, are listened to from the beginning: a server
 * that goes down may say so right behind its greeting.
 */
async function borrow(pool: PgPool): Promise<PgPoolClient> {
  if (!guarded.has(pool)) pool.on('connect', guard)
  guard(pool)
  const client = await pool.connect()
  guard(client)
  return client
}

/** A connection for several statements, to be released: `true` closes it. */
export interface Lent extends Pick<PgClient, 'query'> {
  release(destroy: boolean): void
}

/**
 * A connection of the pool for a work that takes as long as somebody else wants, say who reads its rows. Each of its statements
 * must be answered in time, and so must the pool: one that isn't rejects, and its connection is to be closed.
 */
export async function lend(pool: PgPool, timeoutMs: number): Promise<Lent> {
  const borrowing = borrow(pool)
  const client = await inTime(borrowing, timeoutMs, () => {
    borrowing.then(
      (tooLate) => tooLate.release(),
      () => {},
    )
  })
  return {
    query: (query: PgQuery) => inTime(client.query(query), timeoutMs, () => cut(client)),
    release: (destroy) => client.release(destroy),
  }
}

async function inTime<T>(work: Promise<T>, ms: number, onLate: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onLate()
      reject(tooLate(ms))
    }, ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function tooLate(ms: number | undefined): Error {
  return new Error(`no answer within ${ms} ms`)
}

/** A connection that pipelines would first wait for what is under way. */
function cut(client: PgPoolClient | undefined): void {
  client?.connection?.stream?.destroy()
}

/**
 * Does work on a connection of the pool. One on which it failed is closed, for it may be in the middle of something; so is one
 * that is late, for else each statement that the network swallowed would keep its place in the pool for ever.
 */
export function onLoan<T>(
  pool: PgPool,
  work: (client: PgClient) => Promise<T>,
  { timeoutMs, signal }: LoanOptions = {},
): Promise<T> {
  if (signal?.aborted) return Promise.reject(signal.reason)
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
      throw new Error('nobody waits for it any more')
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
  return new Promise((resolve, reject) => {
    const giveUpLate = (): void => {
      reject(tooLate(timeoutMs))
      if (!isOver) cut(client)
      end(true)
    }
    const timer = timeoutMs === undefined ? undefined : setTimeout(giveUpLate, timeoutMs)
    const giveUp = (): void => {
      reject(signal?.reason)
      if (client === undefined) isOver = true
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    doWork()
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
      })
  })
}
