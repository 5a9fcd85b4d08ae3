import type { Clock, Decision, Micros } from '@headgate/core'
import type { RefusalReason } from './events.ts'
import type { Job } from './job.ts'
import type { QueueLimiter } from './options.ts'
import { neverFits, timedOut } from './refusals.ts'

/** What a gate needs of its queue. None of these throws. */
export interface GateHost {
  readonly clock: Clock
  readonly now: () => Micros
  /** Who is first of those who wait; undefined also where no place to run is free. */
  next(): Job | undefined
  waits(job: Job): boolean
  start(job: Job): void
  refuse(job: Job, reason: RefusalReason, error: unknown): void
  /** Told when there is nobody to ask for any more. */
  rested(): void
}

/** What asks the limiter. */
export interface Gate {
  /** To be told of whatever changes: somebody came, went, or is over. */
  knock(): void
  isAsking(): boolean
  /** Until when the limiter said that it denies, where that isn't over. */
  shutUntil(): Micros | undefined
}

/**
 * For how long a denial is taken at its word, in µs. A quota says "tomorrow", and meanwhile somebody resets it, gives units back or raises it: to
 * find that out a question is asked now and then.
 */
const LONGEST_SHUT: Micros = 5_000_000

/**
 * Asks the limiter for whoever is first, one question at a time. A place to run is free by then, and stays free: only this gate starts jobs.
 *
 * While a question is under way its job may be given up, be too late, or lose its place. So what the answer charged is given back where its job
 * doesn't wait any more. One who comes meanwhile and is first is asked for next: it waits for one answer at most.
 *
 * The gate also stays at a job whose start is delayed. The next one would have to wait for longer under the same limit, so
 * nothing is lost, and whoever comes meanwhile still goes before all that weren't charged.
 */
export function createGate(limiter: QueueLimiter, key: string, host: GateHost): Gate {
  const { clock, now } = host
  let asking = false
  let denied: { readonly cost: number; readonly until: Micros; readonly askAt: Micros } | undefined
  let nap: { readonly isOver: () => boolean; readonly cancel: AbortController } | undefined

  const shutFor = (cost: number, span: Micros): typeof denied => {
    const at = now()
    return { cost, until: at + span, askAt: at + Math.min(span, LONGEST_SHUT) }
  }

  /** For how long asking is in vain, in µs: what costs as much as what was denied doesn't fit earlier. What costs less may. */
  const vainFor = (job: Job): Micros =>
    denied === undefined || job.asked.cost < denied.cost ? 0 : denied.askAt - now()

  /** Sleeps for so long, or until it `isOver`, which each knock looks at. */
  const sleep = async (span: Micros, isOver: () => boolean): Promise<void> => {
    nap = { isOver, cancel: new AbortController() }
    try {
      await clock.sleep(Math.ceil(span / 1_000), nap.cancel.signal)
    } catch {
      // Woken.
    }
    nap = undefined
  }

  const giveBack = async (decision: Decision): Promise<void> => {
    try {
      await limiter.refund(decision)
    } catch {
      // Then it stays charged: its job is gone, so there is nobody to tell.
    }
  }

  const ask = async (job: Job): Promise<void> => {
    const { cost, maxWait } = job.asked
    const decision = await limiter.consume(key, { cost })
    if (!decision.allowed) {
      const { retryAfterMs } = decision
      if (retryAfterMs === null) host.refuse(job, 'limiter', neverFits(cost, decision))
      else denied = shutFor(cost, Math.max(1, retryAfterMs) * 1_000)
      return
    }
    const delay = decision.delayMs * 1_000
    // It can't be in time any more: better it hears now, and those behind it needn't wait for that.
    if (now() + delay >= job.deadline) host.refuse(job, 'timeout', timedOut(maxWait / 1_000, undefined))
    else if (delay > 0 && host.waits(job)) await sleep(delay, () => !host.waits(job))
    if (host.waits(job)) host.start(job)
    else await giveBack(decision)
  }

  const serve = async (): Promise<void> => {
    for (let job = host.next(); job !== undefined; job = host.next()) {
      const vain = vainFor(job)
      if (vain > 0) {
        await sleep(vain, () => {
          const first = host.next()
          return first === undefined || vainFor(first) <= 0
        })
        continue
      }
      try {
        await ask(job)
      } catch (error) {
        host.refuse(job, 'limiter', error)
      }
    }
    asking = false
    host.rested()
  }

  return {
    knock() {
      if (asking) {
        if (nap?.isOver() === true) nap.cancel.abort('woken')
        return
      }
      if (host.next() === undefined) return
      asking = true
      void serve()
    },
    isAsking: () => asking,
    shutUntil: () => (denied !== undefined && denied.until > now() ? denied.until : undefined),
  }
}
