import { type PgPool, type PgPoolClient, sqlState } from './client.ts'
import type { Connections } from './connections.ts'
import { guard, guardPool } from './guard.ts'

interface Loan {
  readonly client: Promise<PgPoolClient>
  /** How many pieces of work it is for. */
  works: number
  /** Whether it has ended. */
  over: boolean
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
  /** The loans that the work of a line shares, where connections pipeline. */
  const lines = new Map<string, Loan>()
  const pipelines = pool.options?.pipeline === true
  guardPool(pool)

  const apply = (): Loan => {
    const loan: Loan = { client: pool.connect(), works: 0, over: false }
    const settled = (client?: PgPoolClient): void => {
      if (loan.works > 0) return
      orphans.splice(orphans.indexOf(loan), 1)
      client?.release()
    }
    loan.client.then(settled, () => settled())
    return loan
  }

  const borrow = (line: string | undefined): Loan => {
    const loan = (line !== undefined && lines.get(line)) || (orphans.pop() ?? apply())
    loan.works++
    if (pipelines && line !== undefined) lines.set(line, loan)
    return loan
  }

  /** Ends a piece of work. The connection goes back with the last, or is closed, which ends the others' as well. */
  const leave = (loan: Loan, line: string | undefined, client: PgPoolClient | undefined, isLost: boolean) => {
    loan.works--
    if (loan.works > 0 && !isLost) return
    if (line !== undefined && lines.get(line) === loan) lines.delete(line)
    if (client === undefined || loan.over) return
    loan.over = true
    client.release(isLost)
  }

  return {
    pipelines,
    isFree: (line) => !lines.has(line),

    async run(work, timeout, line) {
      const loan = borrow(line)
      let client: PgPoolClient | undefined
      let late = false
      const timer = setTimeout(() => {
        late = true
        // One that pipelines would first wait for what is under way.
        if (pipelines) client?.connection?.stream?.destroy()
        leave(loan, line, client, client !== undefined)
        if (client === undefined && loan.works === 0) orphans.push(loan)
      }, timeout)
      try {
        const borrowed = await loan.client
        if (late) throw new Error('the pool had no connection in time')
        client = borrowed
        guard(client)
        const result = await work(client)
        if (!late) leave(loan, line, client, false)
        return result
      } catch (error) {
        if (!late) leave(loan, line, client, isLost(error))
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
