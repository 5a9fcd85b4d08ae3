import { HeadgateError } from '@headgate/core'
import type { PgClient } from '@headgate/sql/postgres'
import { carryOut } from '../carry-out.ts'
import type { Dialect } from '../dialect.ts'
import type { Change, WriteOptions } from '../registry.ts'

/** What became of a change: its id, if there was something to do, or why it wasn't carried out. */
type Written = { readonly id: number | undefined } | { readonly refusal: HeadgateError }

/**
 * One transaction. The row of `head` is locked by a statement of its own, before anything is read: each statement sees what was
 * committed when it began, and one that has waited for the lock began too early. A process that goes away in the middle
 * without the server being told must not keep all others from writing: the server itself gives up after `timeoutMs`.
 */
export async function write(
  client: PgClient,
  dialect: Dialect,
  change: Change,
  by: WriteOptions,
  timeoutMs: number,
): Promise<Written> {
  await client.query({
    text: `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
      SET LOCAL statement_timeout = ${timeoutMs};
      SET LOCAL idle_in_transaction_session_timeout = ${timeoutMs};
      SELECT FROM ${dialect.table('head')} FOR UPDATE`,
  })
  try {
    const steps = carryOut(dialect, change, by)
    for (let step = steps.next(); ; ) {
      if (step.done) {
        await client.query({ text: 'COMMIT' })
        return { id: step.value }
      }
      const { rows } = await client.query(step.value)
      step = steps.next(rows)
    }
  } catch (error) {
    // Of what the database refused the connection is closed, which rolls back too.
    if (!(error instanceof HeadgateError)) throw error
    await client.query({ text: 'ROLLBACK' })
    return { refusal: error }
  }
}
