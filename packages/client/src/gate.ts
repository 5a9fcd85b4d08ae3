import type { Clock, Micros } from '@headgate/core'
import { createBudget, type Outcome, type Pass } from './budget.ts'

/** A request's place in the order of all requests. It keeps it when it is sent again. */
export interface Place {
  readonly number: number
  /** It is sent before that time, or not at all. Later numbers have later deadlines. */
  readonly deadline: Micros
  readonly signal: AbortSignal | undefined
}

/** Where requests to one origin wait for their turn. */
export interface Gate {
  /**
   * Resolves when the request may be sent, with a pass to be given back by `leave`; with undefined when it can't be before
   * its deadline. Rejects with the signal's reason when it is aborted before.
   */
  enter(place: Place): Promise<Pass | undefined>
  leave(pass: Pass, outcome: Outcome): void
  /** Whether somebody waits or is under way. */
  isUsed(): boolean
  /** Whether a new gate would do as well. */
  isBlank(): boolean
}

interface Waiter extends Place {
  answer(pass: Pass | undefined): void
}

/** A line before a budget. One timer runs while somebody waits for a time, and none otherwise. */
export function createGate(clock: Clock, maxWait: Micros): Gate {
  const budget = createBudget(maxWait)
  const line: Waiter[] = []
  let timer: { readonly at: Micros; readonly cancel: AbortController } | undefined

  const stand = (waiter: Waiter): void => {
    const last = line.at(-1)
    if (last === undefined || last.number < waiter.number) line.push(waiter)
    else
      line.splice(
        line.findIndex(({ number }) => number > waiter.number),
        0,
        waiter,
      )
  }

  const serve = (): void => {
    const now = clock.now()
    for (let head = line[0]; head !== undefined; head = line[0]) {
      const isLate = now >= head.deadline || budget.shutUntil() >= head.deadline
      if (!isLate && !budget.isOpen(now)) break
      line.shift()
      head.answer(isLate ? undefined : budget.take())
    }
    const head = line[0]
    watch(head && Math.min(head.deadline, budget.changesAt(now)), now)
  }

  const watch = (at: Micros | undefined, now: Micros): void => {
    if (timer?.at === at) return
    timer?.cancel.abort()
    timer = undefined
    if (at === undefined) return
    const cancel = new AbortController()
    timer = { at, cancel }
    clock.sleep(Math.ceil((at - now) / 1_000), cancel.signal).then(
      () => {
        if (timer?.cancel !== cancel) return
        timer = undefined
        serve()
      },
      // Cancelled: another timer runs, or nobody waits.
      () => {},
    )
  }

  return {
    enter: (place) =>
      new Promise((resolve, reject) => {
        const { signal } = place
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          line.splice(line.indexOf(waiter), 1)
          serve()
          reject(signal?.reason)
        }
        const waiter: Waiter = {
          ...place,
          answer(pass) {
            signal?.removeEventListener('abort', abort)
            resolve(pass)
          },
        }
        signal?.addEventListener('abort', abort, { once: true })
        stand(waiter)
        serve()
      }),

    leave(pass, outcome) {
      budget.settle(pass, outcome, clock.now(), line.length > 0)
      serve()
    },

    isUsed: () => line.length > 0 || budget.inFlight > 0,
    isBlank: () => line.length === 0 && budget.isBlank(clock.now()),
  }
}
