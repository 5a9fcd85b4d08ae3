import { type Clock, type Micros, systemClock } from '@headgate/core'

/** The process's clock, held to that of DynamoDB. */
export interface ServerClock extends Clock {
  /** Whether it has been compared with DynamoDB's since the machine's clock was last set. If not, who decides asks first. */
  readonly isHeld: boolean
  /** Takes note of the time in a reply, and of when, by `performance.now()`, the request was sent and the reply came. */
  hear(date: string | undefined, sentAt: number, heardAt: number): void
}

/** By how many ms the clock may be off before it is put right. Machines whose time is kept never are. */
const TOLERANCE = 1_000

/** A reply's `Date` has whole seconds. */
const RESOLUTION = 1_000

/** What a machine has of clocks, in ms. */
export interface Machine {
  /** Never set. */
  monotonic(): number
  /** Since 1970. */
  wall(): number
}

const thisMachine: Machine = { monotonic: () => performance.now(), wall: () => Date.now() }

/**
 * DynamoDB decides by the time that it is told, so its clients must agree; but each reply says in its `Date` header what time
 * it is there. The clock starts as the wall clock, goes on by the monotonic one, and is put right when a reply shows that it
 * is off. When the wall clock is set, or the machine has slept, it isn't held until the next reply: nobody here knows which of
 * the two was wrong.
 */
export function serverClock({ monotonic, wall }: Machine = thisMachine): ServerClock {
  const { sleep } = systemClock()
  const lead = () => wall() - monotonic()
  /** What makes a time of a monotonic reading; and what the wall clock would have made of it when a reply was heard last. */
  let anchor = lead()
  let wallAnchor = anchor
  let heard = false
  let last: Micros = 0

  return {
    get isHeld() {
      return heard && Math.abs(lead() - wallAnchor) <= TOLERANCE
    },
    now() {
      last = Math.max(last, Math.floor((anchor + monotonic()) * 1_000))
      return last
    },
    hear(date, sentAt, heardAt) {
      const told = Date.parse(date ?? '')
      heard = true
      wallAnchor = lead()
      // It was written between the two readings, and within a second of what it says. Without it there is the wall clock.
      const [earliest, latest] = Number.isNaN(told)
        ? [wallAnchor, wallAnchor]
        : [told - heardAt, told + RESOLUTION - sentAt]
      if (anchor >= earliest - TOLERANCE && anchor <= latest + TOLERANCE) return
      anchor = (earliest + latest) / 2
      last = 0
    },
    sleep,
  }
}

/** A clock that is taken at its word. */
export function trusted(clock: Clock): ServerClock {
  return {
    isHeld: true,
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    hear() {},
  }
}
