import { type Clock, MAX_LEAD, systemClock } from '@headgate/core'

/**
 * The wall clock, which the processes of a machine share; a monotonic one counts from each process's own start. It doesn't
 * run back, unless by so much that it had been wrong before.
 */
export function wallClock(): Clock {
  const { sleep } = systemClock()
  let last = 0
  return {
    now() {
      const wall = Date.now() * 1_000
      if (wall > last || last - wall > MAX_LEAD) last = wall
      return last
    },
    sleep,
  }
}
