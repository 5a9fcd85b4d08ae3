import { setImmediate } from 'node:timers'
import { sqliteCode } from './database.ts'

/** Something to do in a transaction of type `T`. One that throws must not have changed anything. */
type Call<T, A> = (transaction: T) => A

/** Calls that are committed together. */
export interface Group<T> {
  /** Queues a call for the transaction at the end of this turn of the event loop. */
  submit<A>(call: Call<T, A>): Promise<A>
  /** Runs a call in a transaction of its own. */
  submitSync<A>(call: Call<T, A>): A
  /** Commits what is queued. */
  flush(): void
}

interface Waiting<T> {
  readonly call: Call<T, unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

type Answer<A> = { readonly value: A } | { readonly error: unknown }

/** The most calls of one transaction, so that a process with much to do doesn't keep the others from the file. */
const MAX_GROUP = 1_000

/**
 * Group commit: a transaction costs many times what a decision does, so those that arrive in one turn of the event loop
 * share one. They wait for `setImmediate`, not for a microtask: of requests that arrive together, each has its microtasks
 * run before the next is read.
 *
 * Calls run in the order of arrival. One that throws fails alone; when the transaction fails, all of its calls do, for
 * none of them happened.
 */
export function createGroup<T>(transact: (work: (transaction: T) => void) => void): Group<T> {
  const queue: Waiting<T>[] = []
  let scheduled = false

  const commit = <A>(calls: readonly Call<T, A>[]): Answer<A>[] => {
    let answers: Answer<A>[] = []
    try {
      transact((transaction) => {
        answers = calls.map((call) => attempt(call, transaction))
      })
    } catch (error) {
      answers = calls.map(() => ({ error }))
    }
    return answers
  }

  const commitNext = (): void => {
    const waiting = queue.splice(0, MAX_GROUP)
    const answers = commit(waiting.map(({ call }) => call))
    waiting.forEach(({ resolve, reject }, i) => {
      const answer = answers[i] as Answer<unknown>
      if ('error' in answer) reject(answer.error)
      else resolve(answer.value)
    })
  }

  const schedule = (): void => {
    if (scheduled || queue.length === 0) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (queue.length > 0) commitNext()
      schedule()
    })
  }

  return {
    submit: <A>(call: Call<T, A>) =>
      new Promise<A>((resolve, reject) => {
        queue.push({ call, resolve: resolve as (value: unknown) => void, reject })
        schedule()
      }),

    submitSync(call) {
      const [answer] = commit([call])
      if (answer !== undefined && 'value' in answer) return answer.value
      throw answer?.error
    },

    flush() {
      while (queue.length > 0) commitNext()
    },
  }
}

function attempt<T, A>(call: Call<T, A>, transaction: T): Answer<A> {
  try {
    return { value: call(transaction) }
  } catch (error) {
    // A failure of the database is everybody's.
    if (sqliteCode(error) !== '') throw error
    return { error }
  }
}
