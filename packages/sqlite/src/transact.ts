import { type Clock, checkTime, type Micros } from '@headgate/core'
import type { Turn } from './calls.ts'
import { patiently, type SqliteDatabase } from './database.ts'
import { storeFailed } from './errors.ts'
import type { CheckedOptions } from './options.ts'
import { prepareStates } from './states.ts'
import { createSweep } from './sweep.ts'

/** Makes what runs work in a transaction: BEGIN IMMEDIATE, so that nobody writes between what is read and what is written. */
export function createTransact(
  database: SqliteDatabase,
  clock: Clock,
  { table, busyTimeout }: CheckedOptions,
): (work: (turn: Turn) => void) => void {
  const begin = prepareStates(database, table)
  const sweep = createSweep(database, table)

  const transaction = database.transaction((work: (turn: Turn) => void) => {
    const states = begin()
    // Read when the lock is held, for it may have taken a while.
    let reading: Micros | undefined
    const readClock = (): Micros => {
      reading ??= clock.now()
      return reading
    }
    const timeOf = (given: Micros | undefined): Micros => {
      const now = given ?? readClock()
      checkTime(now)
      sweep.seen(now)
      return now
    }
    work({ states, timeOf })
    sweep.after(states.write())
  })

  return (work) => {
    try {
      // Within a caller's transaction only the caller can let go and begin anew.
      if (database.inTransaction) transaction.immediate(work)
      else patiently(busyTimeout, () => transaction.immediate(work))
    } catch (error) {
      throw storeFailed(error, { busyTimeout })
    }
  }
}
