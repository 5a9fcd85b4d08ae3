import { type PgPool, type PgPoolClient, sqlState } from './client.ts'
import type { Connections } from './connections.ts'
import { guard, guardPool } from './guard.ts'

interface Loan {
  readonly client: Promise<PgPoolClient>
  /** Whether there is work for it. */
  wanted: boolean
}

/**
 * Connections on loan from a pool. One that is late is closed rather than waited for: else each statement that the network
 * swallowed would keep its place in the pool for ever.
 *
 * A pool that has none to give keeps a list of who waits, from which nobody can be taken. So a loan whose work is given up
 * is left to the work that comes next, and loans that are waited for don't add up.
 */
export function poolConnections(pool: PgPool): Connections {
  const orphans: Loan[] = []
  guardPool(pool)

  const borrow = (): Loan => {
    const orphan = orphans.pop()
    if (orphan !== undefined) {
      orphan.wanted = true
      return orphan
    }
    const loan = { client: pool.connect(), wanted: true }
    const settled = (client?: PgPoolClient): void => {
      if (loan.wanted) return
      orphans.splice(orphans.indexOf(loan), 1)
      client?.release()
    }
    loan.client.then(settled, () => settled())
    return loan
  }

  return {
    async run(work, timeout) {
      const loan = borrow()
      let client: PgPoolClient | undefined
      let late = false
      const timer = setTimeout(() => {
        late = true
        if (client !== undefined) return client.release(true)
        loan.wanted = false
        orphans.push(loan)
      }, timeout)
      try {
        const borrowed = await loan.client
        if (late) throw new Error('the pool had no connection in time')
        client = borrowed
        guard(client)
        const result = await work(client)
        if (!late) client.release()
        return result
      } catch (error) {
        if (!late) client?.release(isLost(error))
        throw error
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** Whether the connection is gone, by an error that isn't the server's, or is the last it says. */
function isLost(error: unknown): boolean {
  return /^($|08|57P)/.test(sqlState(error))
}
