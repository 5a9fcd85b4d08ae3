import { HeadgateError } from './errors.ts'

/** Questions that are sent to a backend together, each answered by itself and in time. */
export interface Gather<Q, A> {
  /**
   * Resolves with the answer; rejects with the question's own error, with `STORE_TIMEOUT` when the deadline passes, and with
   * `STORE_OVERLOADED`, without having been sent, when too many wait already.
   */
  ask(question: Q): Promise<A>
  /** Resolves when nothing waits and nothing is under way; no deadline is missed by it. */
  idle(): Promise<void>
}

/** Options of {@link createGather}. */
export interface GatherOptions<Q, A> {
  /** The store's name, for messages. */
  readonly name: string
  /**
   * Sends questions, and resolves with one answer each, in their order; an `Error` in an answer's place is that question's
   * alone. When it rejects, all of them failed. Where they don't travel together, it returns a promise for each instead, and
   * none waits for another.
   */
  send(questions: readonly Q[]): Promise<readonly (A | Error)[]> | readonly Promise<A>[]
  /** Milliseconds from the question to its answer. */
  readonly timeout: number
  /** The most questions that are sent together. */
  readonly maxBatch: number
  /** How many of these, the first that wait, go together: from 1 to all of them. All of them unless told. */
  fit?(questions: readonly Q[]): number
  /** The most calls of `send` under way: while so many are, questions wait, and are sent together. */
  readonly maxInFlight: number
  /** The most questions that wait. */
  readonly maxWaiting: number
}

/** A call of `send` under way. */
interface Batch {
  /** How many of its questions have neither an answer nor missed their deadline. */
  open: number
}

interface Entry<Q, A> {
  readonly question: Q
  readonly deadline: number
  readonly resolve: (answer: A) => void
  readonly reject: (error: Error) => void
  batch: Batch | undefined
  settled: boolean
  next: Entry<Q, A> | undefined
}

/**
 * Gathers the questions of a process into few calls. A question that comes alone is sent at once, at the end of the current
 * microtask; those that come while `maxInFlight` calls are under way go together in the next. So nothing waits for company, and
 * the busier it gets, the more share a round trip.
 *
 * Deadlines are kept here, by one timer for all: they pass in the order of arrival. A call that never answers gives its
 * place up when the last of its questions is past its deadline, so a backend that went silent holds a bounded number.
 *
 * @example
 * ```ts
 * import { createGather } from '@headgate/core'
 *
 * const squares = createGather<number, number>({
 *   name: 'squares',
 *   send: async (numbers) => numbers.map((n) => n * n),
 *   timeout: 1_000,
 *   maxBatch: 64,
 *   maxInFlight: 2,
 *   maxWaiting: 10_000,
 * })
 * await squares.ask(3) // 9
 * ```
 */
export function createGather<Q, A>(options: GatherOptions<Q, A>): Gather<Q, A> {
  const { name, send, timeout, maxBatch, fit, maxInFlight, maxWaiting } = options
  // The global is a getter on some runtimes: looked up once.
  const monotonic = performance
  let waiting: Entry<Q, A>[] = []
  let inFlight = 0
  let scheduled = false
  /** Everything that isn't answered, in the order of arrival, and so of deadlines. */
  let oldest: Entry<Q, A> | undefined
  let newest: Entry<Q, A> | undefined
  let watched = false
  const idlers: (() => void)[] = []

  const settle = (entry: Entry<Q, A>, answer: A | Error): void => {
    if (entry.settled) return
    entry.settled = true
    if (answer instanceof Error) entry.reject(answer)
    else entry.resolve(answer)
    if (entry.batch !== undefined && --entry.batch.open === 0) inFlight--
  }

  /**
   * Lets go of what is answered, and sends what may go now. An entry that is let go lets go of the next one, too: one that the
   * collector found old would otherwise keep all that came after it alive, until the next full collection.
   */
  const proceed = (): void => {
    while (oldest?.settled) {
      const { next } = oldest
      oldest.next = undefined
      oldest = next
    }
    if (oldest === undefined) {
      newest = undefined
      for (const wake of idlers.splice(0)) wake()
    }
    sendNext()
  }

  // The timer is not taken back when all is answered: to let it pass is cheaper than to set it for each question. And a process
  // that was busy runs its timers before it reads the answers that lie in its sockets: hence one more turn.
  const watch = (): void => {
    if (watched || oldest === undefined) return
    watched = true
    const left = Math.max(1, Math.ceil(oldest.deadline - monotonic.now()))
    unref(setTimeout(() => unref(setTimeout(expire, 0)), left))
  }

  const expire = (): void => {
    watched = false
    const now = monotonic.now()
    for (let entry = oldest; entry !== undefined && entry.deadline <= now; entry = entry.next) {
      settle(entry, timedOut(name, timeout))
    }
    waiting = waiting.filter((entry) => !entry.settled)
    proceed()
    watch()
  }

  const sendNext = (): void => {
    while (inFlight < maxInFlight && waiting.length > 0) sendBatch()
  }

  const sendBatch = (): void => {
    inFlight++
    const first = waiting.slice(0, maxBatch).map(({ question }) => question)
    const questions = fit === undefined ? first : first.slice(0, fit(first))
    const entries = waiting.splice(0, questions.length)
    const batch = { open: entries.length }
    for (const entry of entries) entry.batch = batch
    const sent = attempt(send, questions)
    if (!('then' in sent)) awaitEach(entries, sent)
    else awaitAll(entries, sent)
  }

  const awaitAll = (entries: readonly Entry<Q, A>[], sent: Promise<readonly (A | Error)[]>): void => {
    sent.then(
      (answers) => {
        for (let i = 0; i < entries.length; i++) {
          settle(entries[i] as Entry<Q, A>, i in answers ? (answers[i] as A | Error) : unanswered(name))
        }
        proceed()
      },
      (error) => {
        for (const entry of entries) settle(entry, asError(error))
        proceed()
      },
    )
  }

  const awaitEach = (entries: readonly Entry<Q, A>[], answers: readonly Promise<A>[]): void => {
    for (const [i, entry] of entries.entries()) {
      const done = (answer: A | Error): void => {
        settle(entry, answer)
        proceed()
      }
      const answer = answers[i] ?? Promise.reject(unanswered(name))
      answer.then(done, (error) => done(asError(error)))
    }
  }

  return {
    ask(question) {
      if (waiting.length >= maxWaiting) return Promise.reject(overloaded(name, maxWaiting))
      return new Promise<A>((resolve, reject) => {
        const deadline = monotonic.now() + timeout
        const entry: Entry<Q, A> = {
          question,
          deadline,
          resolve,
          reject,
          batch: undefined,
          settled: false,
          next: undefined,
        }
        if (newest === undefined) oldest = entry
        else newest.next = entry
        newest = entry
        watch()
        waiting.push(entry)
        if (scheduled || inFlight >= maxInFlight) return
        scheduled = true
        queueMicrotask(() => {
          scheduled = false
          sendNext()
        })
      })
    },
    idle: () => (oldest === undefined ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  }
}

/** A `send` that throws is one that rejects. */
function attempt<Q, A>(
  send: GatherOptions<Q, A>['send'],
  questions: readonly Q[],
): ReturnType<GatherOptions<Q, A>['send']> {
  try {
    return send(questions)
  } catch (error) {
    return Promise.reject(error)
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** Where timers keep a process alive, this one doesn't: what it watches over has a connection that does. */
function unref(timer: unknown): void {
  ;(timer as { unref?: () => void }).unref?.()
}

function timedOut(name: string, timeout: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_TIMEOUT',
    message: `The store "${name}" did not answer within ${timeout} ms; whether it decided is not known`,
    fix: 'See whether the server and the network keep up, raise `timeout`, or wrap the store in resilient()',
  })
}

function overloaded(name: string, maxWaiting: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_OVERLOADED',
    message: `${maxWaiting} calls wait for the store "${name}" already; this one was not sent`,
    fix: 'See whether the server keeps up, or spread the load over more processes',
  })
}

function unanswered(name: string): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `The store "${name}" answered fewer questions than it was sent`,
    fix: 'This is a mistake of the store: please report it',
  })
}
