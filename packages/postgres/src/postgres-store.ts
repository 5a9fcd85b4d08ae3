import { createGather, type Key, type Outcome, type Store } from '@headgate/core'
import { type Call, callsOf, isPlain } from './calls.ts'
import type { PgClient } from './client.ts'
import { clientConnection } from './client-connection.ts'
import { createDecide } from './decide.ts'
import { storeClosed, storeFailed } from './errors.ts'
import { createHotKey } from './hot-key.ts'
import { checkVersion, isUnlogged } from './migrate.ts'
import { checkOptions, type PostgresStoreOptions } from './options.ts'
import { poolConnections } from './pool-connections.ts'
import { type Question, questionOfAdjustments, questionOfChecks, questionOfKeys } from './questions.ts'
import { spread } from './spread.ts'
import { createSweeper } from './sweeper.ts'
import { createTurns } from './turns.ts'

/** The most questions of a statement. More would keep their rows locked for long. */
const MAX_BATCH = 256

/** From how many questions of one key on it pays to ask in two statements, where the server goes on to the second at once. */
const WORTH_HALVING = 32

/** Milliseconds for which a connection is kept after the last deadline on it, so that this is what the questions hear of. */
const GRACE = 20

/**
 * A store in PostgreSQL, for all processes that reach the database. The decision runs on the server, by its clock, in one
 * statement, which questions of this process share. Make the schema first, with `migrate()` or `headgate migrate`.
 *
 * Calls reject with `STORE_TIMEOUT` after `timeout` ms, with `STORE_OVERLOADED` when too many wait, and with `STORE_FAILED`
 * when the server or the connection fails. A statement is sent again only if the server says that it rolled it back for the
 * sake of another.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { createLimiter, quota } from '@headgate/core'
 * import { postgresStore } from '@headgate/postgres'
 * import pg from 'pg'
 *
 * const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], connectionTimeoutMillis: 1_000 })
 * const limiter = createLimiter({
 *   store: postgresStore({ pool }),
 *   limits: { daily: quota({ limit: 1_000, per: 'day' }) },
 * })
 * const { allowed } = await limiter.consume('user-1')
 * ```
 */
export function postgresStore(options: PostgresStoreOptions): Store {
  const { source, schema, timeout, maxInFlight, maxWaiting, prepare } = checkOptions(options)
  const connections = 'pool' in source ? poolConnections(source.pool) : clientConnection(source.client)
  const decide = createDecide(schema, prepare)
  const turns = createTurns(maxInFlight)
  const hotKey = createHotKey()
  let checked = false
  /** Whether a burst at a key may go in halves. */
  let halves = false
  let closed = false

  const sweeper = createSweeper((page, pages) =>
    connections.run(async (client) => {
      const text = `SELECT ${schema}.sweep($1, $2)::text AS next`
      const { rows } = await client.query({ text, values: [page, pages] })
      return Number((rows[0] as { readonly next: string }).next)
    }, timeout),
  )

  const ask = async (calls: readonly Call[], outcomes: Outcome[], deadline: number): Promise<void> => {
    const work = async (client: PgClient): Promise<number> => {
      if (!checked) {
        await checkVersion(client, schema)
        halves = connections.pipelines && (await isUnlogged(client, schema))
        checked = true
      }
      return decide(client, calls, outcomes, deadline)
    }
    const [first] = calls
    const only = calls.length === 1 && first !== undefined && isPlain(first) ? first : undefined
    try {
      sweeper.after(await turns.take(() => connections.run(work, timeout + GRACE, only?.plain.key)))
      if (halves && only !== undefined) hotKey.answered(only, outcomes)
    } catch (error) {
      throw storeFailed(error)
    }
  }

  const send = (
    questions: readonly Question[],
  ): Promise<readonly Outcome[]> | readonly Promise<Outcome>[] => {
    const deadline = performance.now() + timeout
    const outcomes = questions.map(({ now }): Outcome => ({ now: now ?? 0, results: [] }))
    const [calls = [], ...more] = spread(callsOf(questions), turns.room())
    if (more.length === 0) return ask(calls, outcomes, deadline).then(() => outcomes)
    const answers = outcomes.map((outcome) => Promise.resolve(outcome))
    for (const share of [calls, ...more]) {
      const asked = ask(share, outcomes, deadline)
      for (const { places } of share) {
        for (const place of places) answers[place] = asked.then(() => outcomes[place] as Outcome)
      }
    }
    return answers
  }

  /**
   * Questions of one key go in halves where connections pipeline: while the server works on one, this process reads the answers to the
   * other. Not where each commit waits for the disk, or others wait for the row: then it is better to share a statement.
   */
  const fit = (questions: readonly Question[]): number => {
    const { length } = questions
    const key = questions[0]?.parts[0]?.key
    if (!halves || length < WORTH_HALVING || key === undefined) return length
    if (!connections.isFree(key) || !hotKey.isOurs(key)) return length
    const isOnly = questions.every(({ parts }) => parts.length === 1 && parts[0]?.key === key)
    return isOnly ? Math.ceil(length / 2) : length
  }

  const gather = createGather<Question, Outcome>({
    name: 'postgres',
    send,
    fit,
    timeout,
    maxBatch: MAX_BATCH,
    maxInFlight,
    maxWaiting,
  })

  /** The question is made in there: what is wrong with it rejects the call. */
  const submit = (make: () => Question): Promise<Outcome> => {
    try {
      if (closed) throw storeClosed()
      return gather.ask(make())
    } catch (error) {
      return Promise.reject(error)
    }
  }

  return {
    name: 'postgres',
    decide: (checks, now) => submit(() => questionOfChecks(checks, now)),
    adjust: (adjustments, now) => submit(() => questionOfAdjustments(adjustments, now)),
    delete: async (keys: readonly Key[]) => void (await submit(() => questionOfKeys(keys))),
    async close() {
      if (closed) return
      closed = true
      await gather.idle()
      await sweeper.close()
    },
  }
}
