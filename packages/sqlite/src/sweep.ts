import type { Micros } from '@headgate/core'
import type { SqliteDatabase } from './database.ts'

/** Collects rows whose states equal absent ones. It only saves room: no decision would be another without it. */
export interface Sweep {
  /** A call at this time was made. */
  seen(now: Micros): void
  /** Looks at a few rows after `added` new ones, within the transaction that added them. */
  after(added: number): void
}

/** How many rows are looked at for each that is added: what has expired is then at most a third of what is live. */
const LOOK = 4

/** For how many calls the smallest time is remembered, at least. */
const SPAN = 256

/**
 * A sweep goes round the table in the order of keys, a few rows for each new one, so it costs nothing where nothing grows.
 *
 * What has expired is judged by the times of calls, not by the wall clock: a log of years ago may be replayed here. And
 * by the smallest of late, so that one call from the future, or a clock that is set right, drops nothing that still counts.
 */
export function createSweep(database: SqliteDatabase, table: string): Sweep {
  const upTo = database.prepare(
    `SELECT count(*) AS rows, max(key) AS last FROM (SELECT key FROM "${table}" WHERE key > ? ORDER BY key LIMIT ?)`,
  )
  const drop = database.prepare(`DELETE FROM "${table}" WHERE key > ? AND key <= ? AND expires_at <= ?`)
  let cursor = ''
  let calls = 0
  let smallest = Number.POSITIVE_INFINITY
  let smallestBefore = Number.POSITIVE_INFINITY

  return {
    seen(now) {
      if (++calls > SPAN) {
        calls = 1
        smallestBefore = smallest
        smallest = now
      } else if (now < smallest) smallest = now
    },

    after(added) {
      if (added === 0) return
      const look = added * LOOK
      const { rows, last } = upTo.get(cursor, look) as { rows: number | bigint; last: string | null }
      if (last !== null) drop.run(cursor, last, Math.min(smallest, smallestBefore))
      cursor = last === null || Number(rows) < look ? '' : last
    },
  }
}
