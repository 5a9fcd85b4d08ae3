import { type Micros, quiet } from '@headgate/core'
import { createAlarm } from './alarm.ts'
import type { RefusalReason } from './events.ts'
import { createGate, type Gate } from './gate.ts'
import { isBefore, type Job, rankOf } from './job.ts'
import type { JobSettings } from './job-options.ts'
import { createLine, nowhere } from './line.ts'
import type { Settings } from './options.ts'
import type { Permit } from './queue.ts'
import { type Hint, keyFull, placeTaken, queueClosed, queueFull, timedOut } from './refusals.ts'
import { steadyTime } from './steady-time.ts'
import { createWatch } from './watch.ts'

/** What a queue does, whatever the work is. */
export interface Scheduler {
  readonly waiting: number
  readonly running: number
  /**
   * A permit at once, or a promise of one for who has to wait.
   *
   * @throws the refusal of one who isn't let in
   */
  admit(asked: JobSettings): Permit | Promise<Permit>
  /** Takes no more. Resolves when nothing waits or runs, and the limiter isn't being asked. */
  close(drain: boolean): Promise<void>
}

/**
 * Callers' own code runs in here only where an event is emitted, and may then come with jobs of its own, or close the queue: by then
 * all that is counted is as if nothing were under way.
 */
export function createScheduler(settings: Settings): Scheduler {
  const { concurrency, limiter, maxQueued, maxPerKey, aging, clock } = settings
  const emit = quiet(settings.onEvent)
  const now = steadyTime(clock)
  const line = createLine()
  const alarm = createAlarm(clock, now, () => serve())
  const watch = createWatch((jobs) => {
    for (const job of jobs) refuse(job, 'aborted', job.asked.signal?.reason)
    serve()
  })
  let arrivals = 0
  let running = 0
  let closed = false
  let closers: (() => void)[] = []

  /** Does what can be done after anything has changed. */
  const serve = (): void => {
    refuseLate()
    if (gate !== undefined) gate.knock()
    else for (let job = next(); job !== undefined; job = next()) start(job)
    alarm.set(line.due()?.deadline)
    if (!closed || line.size > 0 || running > 0 || gate?.isAsking() === true) return
    for (const close of closers) close()
    closers = []
  }
  const next = (): Job | undefined => (running < concurrency ? line.first() : undefined)

  const start = (job: Job): void => {
    leave(job)
    job.accept(begin(job.asked, job.arrivedAt))
  }
  const leave = (job: Job): void => {
    line.remove(job)
    watch.remove(job)
  }

  const begin = ({ priority, key }: JobSettings, arrivedAt?: Micros): Permit => {
    running++
    const startedAt = emit && now()
    if (startedAt !== undefined) {
      const waitedMs = (startedAt - (arrivedAt ?? startedAt)) / 1_000
      emit?.({ type: 'started', priority, key, waitedMs })
    }
    let released = false
    const release = (): void => {
      if (released) return
      released = true
      running--
      if (startedAt !== undefined)
        emit?.({ type: 'finished', priority, key, ranMs: (now() - startedAt) / 1_000 })
      serve()
    }
    return { release, [Symbol.dispose]: release }
  }

  /** Refuses one who waits; of anybody else it does nothing, so whoever comes second has no say. */
  const refuse = (job: Job, reason: RefusalReason, error: unknown): void => {
    if (!line.has(job)) return
    leave(job)
    job.reject(told(job.asked, reason, error, job.arrivedAt))
  }
  const refuseLate = (): void => {
    for (let job = line.due(); job !== undefined && job.deadline <= now(); job = line.due())
      refuse(job, 'timeout', timedOut(job.asked.maxWait / 1_000, hint()))
  }
  /** The refusal, after its event. */
  const told = (asked: JobSettings, reason: RefusalReason, error: unknown, arrivedAt?: Micros): unknown => {
    const waitedMs = arrivedAt === undefined ? 0 : (now() - arrivedAt) / 1_000
    emit?.({ type: 'refused', reason, priority: asked.priority, key: asked.key, waitedMs, error })
    return error
  }
  /** In how many milliseconds another try may be worth it. */
  const hint = (): Hint => {
    const until = gate?.shutUntil()
    return until === undefined ? undefined : Math.max(1, Math.ceil((until - now()) / 1_000))
  }

  const gate: Gate | undefined =
    limiter &&
    createGate(limiter, settings.limitKey, {
      clock,
      now,
      next,
      waits: line.has,
      start,
      refuse,
      rested: serve,
    })

  return {
    get waiting() {
      return line.size
    },
    get running() {
      return running
    },

    admit(asked) {
      const { priority, key, signal, maxWait } = asked
      if (closed) throw told(asked, 'closed', queueClosed())
      if (signal?.aborted) throw told(asked, 'aborted', signal.reason)
      if (gate === undefined && line.size === 0 && running < concurrency) return begin(asked)
      refuseLate()
      if (key !== undefined && line.countOf(key) >= maxPerKey)
        throw told(asked, 'full', keyFull(key, maxPerKey, hint()))
      const arrivedAt = now()
      const deadline = arrivedAt + maxWait
      const rank = rankOf(priority, arrivedAt, aging)
      const number = arrivals++
      const last = line.size >= maxQueued ? line.last() : undefined
      if (last !== undefined && isBefore(last, { rank, number }))
        throw told(asked, 'full', queueFull(maxQueued, hint()))
      return new Promise((accept, reject) => {
        const job: Job = { rank, number, arrivedAt, deadline, places: nowhere(), asked, accept, reject }
        if (last !== undefined) leave(last)
        line.add(job)
        watch.add(job)
        last?.reject(told(last.asked, 'full', placeTaken(maxQueued, hint()), last.arrivedAt))
        emit?.({ type: 'queued', priority, key, size: line.size })
        serve()
      })
    },

    close(drain) {
      closed = true
      if (!drain)
        for (let job = line.first(); job !== undefined; job = line.first())
          refuse(job, 'closed', queueClosed())
      return new Promise((resolve) => {
        closers.push(resolve)
        serve()
      })
    },
  }
}
