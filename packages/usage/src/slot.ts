import type { Micros } from '@headgate/core'

/**
 * Counts are kept by quarter hours of UTC. Since 1980 every zone of the IANA database is off UTC by whole quarter hours, so a
 * day or a month of any of them is a sum of these. Some changed their clocks at a minute past midnight until 2011, and a
 * station in Antarctica until 2022: an hour that begins there is refused. `test/zones.test.ts` looks at all zones that the
 * runtime knows.
 */
export const SLOT: Micros = 15 * 60 * 1_000_000

/** The start of the quarter hour that a time lies in. */
export function slotOf(at: Micros): Micros {
  return Math.floor(at / SLOT) * SLOT
}
