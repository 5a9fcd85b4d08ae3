import { addTo, type Summed } from './counts.ts'
import type { Batch, LedgerRow } from './ledger.ts'

/** Counts on their way to the ledger, in at most so many rows. */
export interface Outbox {
  /** Whether nothing waits, and nothing is on its way. */
  readonly isEmpty: boolean
  /** Whether it is time to write: the other half is for what comes meanwhile. */
  readonly isHalfFull: boolean
  /** Adds to the row of the same place, or makes one; false, and nothing is added, where there is no room for one more. */
  add(row: LedgerRow): boolean
  /**
   * What is to be written next. It stays the same, with its id, until it is `done`: it may have been written though it failed,
   * so nothing can be added to it any more.
   */
  next(): Batch | undefined
  done(): void
}

export function createOutbox(maxRows: number): Outbox {
  let waiting = new Map<string, Summed<LedgerRow>>()
  let batch: Batch | undefined
  return {
    get isEmpty() {
      return batch === undefined && waiting.size === 0
    },
    get isHalfFull() {
      return waiting.size * 2 >= maxRows
    },
    add(row) {
      // Names have no space, and the subject, which may, is the last.
      const place = `${row.slot} ${row.meter} ${row.plan} ${row.subject}`
      const found = waiting.get(place)
      if (found !== undefined) {
        addTo(found, row)
        return true
      }
      if (waiting.size + (batch?.rows.length ?? 0) >= maxRows) return false
      waiting.set(place, { ...row })
      return true
    },
    next() {
      if (batch === undefined && waiting.size > 0) {
        batch = { id: crypto.randomUUID(), rows: [...waiting.values()] }
        waiting = new Map()
      }
      return batch
    },
    done() {
      batch = undefined
    },
  }
}
