import { type Clock, HeadgateError, type ManualClock, manualClock } from '@headgate/core'

/** Lets everything that can happen now happen. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A manual clock that says how many sleep: each is a timer that would keep a process alive. */
export function countingClock(): ManualClock & { asleep(): number } {
  const clock = manualClock()
  let asleep = 0
  const sleep: Clock['sleep'] = async (ms, signal) => {
    asleep++
    try {
      await clock.sleep(ms, signal)
    } finally {
      asleep--
    }
  }
  return { now: clock.now, set: clock.set, advance: clock.advance, sleep, asleep: () => asleep }
}

/** What became of a promise: its error's code, what else it was rejected with, or `"done"`. */
export async function fateOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return 'done'
  } catch (error) {
    return error instanceof HeadgateError ? error.code : error
  }
}
