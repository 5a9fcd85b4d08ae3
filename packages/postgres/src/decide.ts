import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from '@headgate/core'
import { applyText, applyValues, readApplied } from './apply.ts'
import { arePlain, type Call, type PlainCall } from './calls.ts'
import { type PgClient, sqlState } from './client.ts'
import { readTaken, takeOneText, takeOneValues, takeText, takeValues } from './take.ts'

/** How often a statement is sent that the server rolled back for the sake of others. */
const TRIES = 5
/** Milliseconds before it is sent again, to twice as many. */
const PAUSE = 5

/**
 * Asks the server, on a connection, until the deadline (by `performance.now()`). Puts answers where the questions stand among
 * all, and resolves with how many keys are new.
 */
export type Decide = (
  client: PgClient,
  calls: readonly Call[],
  outcomes: Outcome[],
  deadline: number,
) => Promise<number>

/** `schema` is quoted. What is plain goes the short way; either way is one statement, and a transaction of its own. */
export function createDecide(schema: string, prepared: boolean): Decide {
  const ask = (name: string, text: string) => {
    const query = prepared ? { name: `headgate ${name} ${schema}`, text } : { text }
    return async (client: PgClient, deadline: number, valuesFor: (patience: number) => unknown[]) => {
      for (let left = TRIES - 1; ; left--) {
        // What nobody waits for any more must not be done: it would take units for nothing.
        const patience = Math.floor(deadline - performance.now())
        if (patience < 1) throw new Error('there was no connection in time')
        try {
          const { rows } = await client.query({ ...query, values: valuesFor(patience) })
          return (rows[0] as { readonly answer: string }).answer
        } catch (error) {
          if (left === 0 || !wasRolledBack(error)) throw error
          // The other goes first: asked again at once, this might have its row before the other wakes.
          await sleep(PAUSE * (1 + Math.random()))
        }
      }
    }
  }
  const askTakeOne = ask('take one', takeOneText(schema))
  const askTake = ask('take', takeText(schema))
  const askApply = ask('apply', applyText(schema))

  return async (client, calls, outcomes, deadline) => {
    if (calls.length > 0 && arePlain(calls)) {
      const [first] = calls as readonly [PlainCall]
      const answer =
        calls.length === 1
          ? await askTakeOne(client, deadline, (patience) => takeOneValues(first, patience))
          : await askTake(client, deadline, (patience) => takeValues(calls, patience))
      return readTaken(calls, answer, outcomes)
    }
    const answer = await askApply(client, deadline, (patience) => applyValues(calls, patience))
    return readApplied(calls, answer, outcomes)
  }
}

/**
 * Decisions lock in order, and wait in no circle with each other; with a transaction of others that locks rows in another
 * order they may. Then the server ends one of the two, and says so: nothing was taken.
 */
function wasRolledBack(error: unknown): boolean {
  return sqlState(error) === '40P01'
}
