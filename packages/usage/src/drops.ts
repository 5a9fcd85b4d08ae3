import { type Clock, HeadgateError } from '@headgate/core'
import { createTeller } from './teller.ts'

/** Records that could not be kept. */
export interface Drops {
  readonly count: number
  add(why: 'full' | 'closed'): void
  /** Tells of those that nobody was told of yet, unless somebody was told of others within the second. */
  tell(): void
  /** The same whenever that was, since nothing may come after it. */
  tellAll(): void
}

export function createDrops(maxBuffered: number, onError: (error: Error) => unknown, clock: Clock): Drops {
  const teller = createTeller(onError, clock)
  let count = 0
  let told = 0
  let why: 'full' | 'closed' = 'full'
  const tell = (anyway = false): void => {
    if (told < count && teller(dropped(count, why, maxBuffered), anyway)) told = count
  }
  return {
    get count() {
      return count
    },
    add(reason) {
      count++
      why = reason
      tell()
    },
    tell: () => tell(),
    tellAll: () => tell(true),
  }
}

function dropped(count: number, why: 'full' | 'closed', maxBuffered: number): HeadgateError {
  const isClosed = why === 'closed'
  const reason = isClosed ? 'Usage is closed' : `${maxBuffered} rows of usage wait to be written already`
  return new HeadgateError({
    code: isClosed ? 'STORE_CLOSED' : 'STORE_OVERLOADED',
    message: `${reason}; records dropped so far: ${count}`,
    fix: isClosed
      ? 'Close it when nothing uses it any more'
      : 'See why the ledger is slow or away, or raise `maxBuffered`',
  })
}
