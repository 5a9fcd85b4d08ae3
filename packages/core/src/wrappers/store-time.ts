import type { Micros } from '../micros.ts'
import type { Store } from '../store.ts'

/**
 * The store's time between its answers: by its own clock where that can be read here; else by how long ago a request
 * was sent, whose answer told the time. The store decided after that, so its clock shows no more than is said here.
 */
export interface StoreTime {
  /** A reading to be kept when a request is sent. */
  read(): Micros
  /** What to add to a reading to get the store's time, from a request's reading and its answer; undefined in virtual time. */
  offset(sent: Micros, answered: Micros, given: Micros | undefined): number | undefined
}

export function storeTime({ clock }: Store): StoreTime {
  if (clock !== undefined) return { read: () => clock.now(), offset: () => 0 }
  // The global is a getter on some runtimes: looked up once.
  const monotonic = performance
  return {
    read: () => Math.floor(monotonic.now() * 1_000),
    offset: (sent, answered, given) => (given === undefined ? answered - sent : undefined),
  }
}
