import type { Micros } from '@headgate/core'
import type { Quota } from './rate-limit.ts'

/** Proof that a request was sent; given back when its answer is known. */
export interface Pass {
  /** How many answers were known when it was sent. */
  readonly answers: number
  /** The trial in which it was sent. */
  readonly trial: number
}

/** What the end of a request tells. */
export interface Outcome {
  readonly quotas: readonly Quota[]
  /** For how long nothing is to be sent, from now; 0 if nothing is said. */
  readonly closedFor: Micros
  /** Whether the server answered, and didn't throttle. */
  readonly served: boolean
}

/** What is known of how much one origin will serve. Time is an argument, and nobody waits in here. */
export interface Budget {
  /** Whether one more may be sent. */
  isOpen(now: Micros): boolean
  /** Takes one place among those in flight. */
  take(): Pass
  /** @param waiting whether somebody still waits */
  settle(pass: Pass, outcome: Outcome, now: Micros, waiting: boolean): void
  /** The time before which no answer to what is in flight will open it. */
  shutUntil(): Micros
  /** When to look again if no answer comes before; infinity if only an answer can change anything. */
  changesAt(now: Micros): Micros
  readonly inFlight: number
  /** Whether nothing is in flight, and nothing is known that a new budget doesn't know. */
  isBlank(now: Micros): boolean
}

/** The most policies of one origin that are kept. */
const MAX_QUOTAS = 16

/**
 * How many may be in flight at once. A server that says "r remain" has counted the request that it answers, and perhaps none
 * of the others that are under way; so with the least r of those answers, fewer than r may be under way. An answer to a
 * request that was sent when all earlier answers were known is newer than they are, and takes their place.
 *
 * Once the server was exhausted, nobody knows what it will serve when that is over. Then a trial begins: one request goes ahead, and
 * each success lets two more go, until an answer tells what remains or nobody waits any more.
 */
export function createBudget(maxWait: Micros): Budget {
  const quotas = new Map<string, { remaining: number; until: Micros }>()
  let closedUntil = 0
  let inFlight = 0
  let answers = 0
  let trial = 0
  /** Of this trial: how many are in flight, and may be. */
  let tried = 0
  let most = Number.POSITIVE_INFINITY

  const beginTrial = (): void => {
    trial++
    tried = 0
    most = 1
  }

  const lapse = (now: Micros): void => {
    for (const [name, quota] of quotas) {
      if (quota.until > now) continue
      quotas.delete(name)
      if (quota.remaining <= inFlight) beginTrial()
    }
  }

  const note = ({ name, remaining, lasts }: Quota, isNewer: boolean, now: Micros): void => {
    // How long a server is obeyed that will serve nothing is bounded; a number that leaves room does no harm.
    const until = now + (remaining > 0 ? lasts : Math.min(lasts, maxWait))
    if (until <= now) return
    const known = quotas.get(name)
    if (known === undefined ? quotas.size < MAX_QUOTAS : isNewer || remaining < known.remaining) {
      quotas.set(name, { remaining, until })
    } else if (known !== undefined && (known.remaining > 0 || remaining === 0)) {
      // The least count holds for the longest time; but where nothing remains, only an answer that agrees prolongs it.
      known.until = Math.max(known.until, until)
    }
  }

  return {
    isOpen(now) {
      lapse(now)
      if (now < closedUntil || tried >= most) return false
      for (const { remaining } of quotas.values()) if (inFlight >= remaining) return false
      return true
    },

    take() {
      inFlight++
      tried++
      return { answers, trial }
    },

    settle(pass, outcome, now, waiting) {
      const isNewer = pass.answers === answers
      const isOfTrial = pass.trial === trial
      answers++
      inFlight--
      if (isOfTrial) tried--
      lapse(now)
      // Where an answer doesn't say, the request may have been counted.
      const told = new Set(outcome.quotas.map(({ name }) => name))
      for (const [name, quota] of quotas) {
        if (told.has(name)) continue
        quota.remaining = Math.max(0, quota.remaining - 1)
        if (quota.remaining === 0) quota.until = Math.min(quota.until, now + maxWait)
      }
      for (const quota of outcome.quotas) note(quota, isNewer, now)
      if (outcome.closedFor > 0) {
        closedUntil = Math.max(closedUntil, now + Math.min(outcome.closedFor, maxWait))
        beginTrial()
      } else if (isOfTrial && outcome.served) {
        const isTold = outcome.quotas.some(({ lasts }) => lasts > 0)
        most = isTold || !waiting ? Number.POSITIVE_INFINITY : most + 1
      }
    },

    shutUntil() {
      let until = closedUntil
      for (const quota of quotas.values()) if (quota.remaining === 0) until = Math.max(until, quota.until)
      return until
    },

    changesAt(now) {
      if (now < closedUntil) return closedUntil
      let at = Number.POSITIVE_INFINITY
      for (const quota of quotas.values()) if (inFlight >= quota.remaining) at = Math.min(at, quota.until)
      return at
    },

    get inFlight() {
      return inFlight
    },

    isBlank(now) {
      lapse(now)
      return inFlight === 0 && quotas.size === 0 && now >= closedUntil
    },
  }
}
