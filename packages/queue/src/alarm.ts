import type { Clock, Micros } from '@headgate/core'

/** One timer for all deadlines. */
export interface Alarm {
  /** Rings at that time or earlier; not at all where no time is given, and then no timer keeps the process alive. */
  set(at: Micros | undefined): void
}

/** @param ring is to look what is due, and to set the alarm anew */
export function createAlarm(clock: Clock, now: () => Micros, ring: () => void): Alarm {
  let timer: { readonly at: Micros; readonly cancel: AbortController } | undefined

  return {
    set(at) {
      // One that rings too early does no harm, and isn't replaced each time that the earliest job is started.
      if (at !== undefined && timer !== undefined && timer.at <= at) return
      // With a reason, since to make one takes longer than all the rest.
      timer?.cancel.abort('cancelled')
      timer = undefined
      if (at === undefined) return
      const own = { at, cancel: new AbortController() }
      timer = own
      clock.sleep(Math.max(1, Math.ceil((at - now()) / 1_000)), own.cancel.signal).then(
        () => {
          if (timer !== own) return
          timer = undefined
          ring()
        },
        // Cancelled: another timer runs, or nobody waits.
        () => {},
      )
    },
  }
}
