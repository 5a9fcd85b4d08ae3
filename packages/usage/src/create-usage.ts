import { type Decision, invalidOption } from '@headgate/core'
import { createDrops } from './drops.ts'
import { usageClosed } from './errors.ts'
import { createFlusher } from './flusher.ts'
import type { LedgerRow, UsageField } from './ledger.ts'
import { checkOptions, type UsageOptions } from './options.ts'
import { createOutbox } from './outbox.ts'
import { askLedger, type UsageQuery, type UsageRow } from './query.ts'
import {
  rowOfCorrection,
  rowOfRecord,
  type UsageCorrection,
  type UsageOwner,
  type UsageRecord,
} from './record.ts'
import { createTeller } from './teller.ts'

/** Who used how much. */
export interface Usage {
  /**
   * Counts one use, in memory: it is written soon. What the ledger does is never felt here.
   *
   * @throws HeadgateError `INVALID_KEY`, `INVALID_COST`, `INVALID_TIME` or `INVALID_OPTION` for a record that can't be meant
   */
  record(record: UsageRecord): void
  /** Counts a decision: whether it allowed, and its cost, which is that of the limit that binds. */
  onDecision(decision: Pick<Decision, 'allowed' | 'cost'>, owner: UsageOwner): void
  /** Adds to what was counted, or takes off. */
  correct(correction: UsageCorrection): void
  /**
   * What is in the ledger, in the order of time and then of `groupBy`. Counts that aren't written yet aren't in it: `flush()`
   * first to see your own.
   *
   * @throws HeadgateError, as a rejection: `STORE_FAILED`; `INVALID_TIME`, `INVALID_KEY`, `INVALID_OPTION`, the last also where
   *   a sum is 2^53 or more, and where there are more than 100,000 rows
   */
  query(query: UsageQuery): Promise<UsageRow[]>
  /** The same row by row, however many there are. */
  export(query: UsageQuery): AsyncIterable<UsageRow>
  /**
   * Writes what was recorded until now.
   *
   * @throws HeadgateError `STORE_FAILED`, as a rejection: all is kept, and sent again
   */
  flush(): Promise<void>
  /** Writes, and closes the ledger. Where it rejects, nothing is lost yet, and it can be called again. */
  close(): Promise<void>
  /** How many records were dropped, because too much waited already or because it was closed. */
  readonly dropped: number
}

const MAX_ROWS = 100_000

/**
 * Counts who used how much of what, for bills and for analytics: exactly, and never in the way of a request.
 *
 * @throws HeadgateError `INVALID_OPTION`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { createUsage, memoryLedger } from '@headgate/usage'
 *
 * const usage = createUsage({ ledger: memoryLedger() })
 * usage.record({ subject: 'acme', meter: 'tokens', units: 1_200 })
 * await usage.flush()
 * await usage.query({ from: '2026-01-01', to: '2027-01-01', by: 'month', timeZone: 'Europe/Berlin' })
 * await usage.close()
 * ```
 */
export function createUsage(options: UsageOptions): Usage {
  const { ledger, maxBuffered, onError, clock, everyMs } = checkOptions(options)
  const outbox = createOutbox(maxBuffered)
  const drops = createDrops(maxBuffered, onError, clock)
  const tell = createTeller(onError, clock)
  const onEnd = (error: Error | undefined): void => {
    if (error !== undefined) tell(error)
    drops.tell()
  }
  const flusher = createFlusher({ outbox, ledger, everyMs, clock, onEnd })
  const now = (): number => clock.now()
  let isClosed = false
  let closing: Promise<void> | undefined

  const count = (row: LedgerRow): void => {
    if (isClosed) drops.add('closed')
    else if (outbox.add(row)) flusher.nudge()
    else drops.add('full')
  }
  const close = async (): Promise<void> => {
    try {
      await flusher.flush()
      await ledger.close()
    } catch (error) {
      closing = undefined
      throw error
    } finally {
      drops.tellAll()
    }
  }
  const ask = (query: UsageQuery, groupBy: readonly UsageField[]): AsyncGenerator<UsageRow> => {
    if (isClosed) throw usageClosed()
    return askLedger(ledger, query ?? {}, query?.groupBy ?? groupBy)
  }

  return {
    get dropped() {
      return drops.count
    },
    record: (record) => count(rowOfRecord(record ?? {}, now)),
    onDecision(decision, { subject, meter = 'requests', plan = '' }) {
      if (typeof decision?.allowed !== 'boolean')
        throw invalidOption('decision', decision, 'a decision', 'Await what the limiter answers')
      const { allowed, cost } = decision
      count(rowOfRecord({ subject, meter, plan, units: cost, allowed }, now))
    },
    correct: (correction) => count(rowOfCorrection(correction ?? {}, now)),
    async query(query) {
      const rows: UsageRow[] = []
      for await (const row of ask(query, ['meter'])) {
        if (rows.push(row) > MAX_ROWS) throw tooManyRows(query)
      }
      return rows
    },
    export: (query) => ask(query, ['subject', 'meter', 'plan']),
    flush: () => flusher.flush(),
    close() {
      isClosed = true
      flusher.stop()
      closing ??= close()
      return closing
    },
  }
}

function tooManyRows({ groupBy }: UsageQuery): Error {
  const fix = 'Take them one by one, from export()'
  return invalidOption('groupBy', groupBy, `such that there are at most ${MAX_ROWS} rows`, fix)
}
