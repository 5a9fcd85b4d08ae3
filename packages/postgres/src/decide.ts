import type { Outcome } from '@headgate/core'
import { applyText, applyValues, readApplied } from './apply.ts'
import { arePlain, type Call, callsOf, type PlainCall } from './calls.ts'
import { type PgClient, sqlState } from './client.ts'
import { storeFailed } from './errors.ts'
import type { Question } from './questions.ts'
import { readTaken, takeText, takeValues } from './take.ts'

/** How often a statement is sent that the server rolled back for the sake of others. */
const TRIES = 5

/** What came of questions: an answer each, in their order; an error in the place of those that failed. */
interface Answers {
  readonly outcomes: readonly (Outcome | Error)[]
  /** How many keys are new. */
  readonly added: number
}

/** Asks the server, on a connection, until the deadline (by `performance.now()`). */
export type Decide = (client: PgClient, questions: readonly Question[], deadline: number) => Promise<Answers>

/**
 * `schema` is quoted. What is plain goes the short way first; each statement is a transaction of its own, so what that left
 * out is as if it had never been asked.
 */
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
        }
      }
    }
  }
  const askTake = ask('take', takeText(schema))
  const askApply = ask('apply', applyText(schema))

  return async (client, questions, deadline) => {
    const outcomes: (Outcome | Error)[] = questions.map(({ now }) => ({ now: now ?? 0, results: [] }))
    let calls: readonly Call[] = callsOf(questions)
    const isPlain = calls.length > 0 && arePlain(calls)
    if (isPlain) {
      const plain = calls as readonly PlainCall[]
      const answer = await askTake(client, deadline, (patience) => takeValues(plain, patience))
      calls = readTaken(plain, answer, outcomes)
      if (calls.length === 0) return { outcomes, added: 0 }
    }
    try {
      const answer = await askApply(client, deadline, (patience) => applyValues(calls, patience))
      return { outcomes, added: readApplied(calls, answer, outcomes) }
    } catch (error) {
      if (!isPlain) throw error
      // What was answered before stands.
      for (const { places } of calls) for (const place of places) outcomes[place] = storeFailed(error)
      return { outcomes, added: 0 }
    }
  }
}

/** Of two that are in each other's way, the server ends one, and says so: nothing was taken. */
function wasRolledBack(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlState(error))
}
