import type { Clock } from '@headgate/core'
import { failed } from '@headgate/sql/postgres'
import { OWNER } from './errors.ts'
import type { Ledger } from './ledger.ts'
import type { Outbox } from './outbox.ts'

/** Brings what is in the outbox to the ledger. */
export interface Flusher {
  /** Says that something was put into the outbox. */
  nudge(): void
  /** Resolves when all that was there at the call is written. */
  flush(): Promise<void>
  /** From now on only `flush` writes. */
  stop(): void
}

interface FlusherOptions {
  readonly outbox: Outbox
  readonly ledger: Ledger
  readonly everyMs: number
  readonly clock: Clock
  /** Told how each attempt ended. */
  readonly onEnd: (error: Error | undefined) => void
}

/** One attempt at a time, so that batches are written in their order and none is on its way twice. */
export function createFlusher({ outbox, ledger, everyMs, clock, onEnd }: FlusherOptions): Flusher {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let pause: AbortController | undefined
  let isAway = false
  let isStopped = false

  const write = async (): Promise<void> => {
    // The first may be one that failed before, and then all else is in the second.
    for (let i = 0; i < 2; i++) {
      const batch = outbox.next()
      if (batch === undefined) return
      await ledger.write(batch)
      outbox.done()
    }
  }

  const attempt = async (): Promise<void> => {
    let failure: Error | undefined
    try {
      await write()
    } catch (error) {
      failure = failed(OWNER, ledger.name, error, 'What was counted is kept, and will be sent again')
    }
    running = undefined
    isAway = failure !== undefined
    onEnd(failure)
    nudge()
    if (failure !== undefined) throw failure
  }

  const start = (): Promise<void> => {
    pause?.abort()
    pause = undefined
    // Later, so that `running` is set before the attempt can end.
    running = Promise.resolve().then(attempt)
    return running
  }

  const flush = (): Promise<void> => {
    if (running === undefined) return start()
    // The one under way may have been too early for what came since. All who ask now share the one after it, which may have
    // begun by itself.
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return running ?? start()
      })
    return next
  }

  const nudge = (): void => {
    if (running !== undefined || isStopped || outbox.isEmpty) return
    // A ledger that is away is asked after a pause, however full the outbox is.
    if (outbox.isHalfFull && !isAway) start().catch(() => undefined)
    else rest()
  }

  const rest = (): void => {
    if (pause !== undefined) return
    pause = new AbortController()
    // What goes wrong is told by the attempt itself.
    clock
      .sleep(everyMs, pause.signal)
      .then(flush)
      .catch(() => undefined)
  }

  return {
    nudge,
    flush,
    stop() {
      isStopped = true
      pause?.abort()
      pause = undefined
    },
  }
}
