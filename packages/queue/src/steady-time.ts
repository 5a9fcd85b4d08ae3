import type { Clock, Micros } from '@headgate/core'

/** A clock's time, but never backwards: where the clock is set back, this goes on from where it was. */
export function steadyTime(clock: Clock): () => Micros {
  let last = clock.now()
  let ahead = 0
  return () => {
    const reading = clock.now() + ahead
    if (reading >= last) last = reading
    // Else whoever waits would have to wait for the time to come that has been already.
    else ahead += last - reading
    return last
  }
}
