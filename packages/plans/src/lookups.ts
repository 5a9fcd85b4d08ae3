import { type Clock, HeadgateError, showValue } from '@headgate/core'
import { LRUCache } from 'lru-cache'
import type { Assigned } from './assignment.ts'

/** After how long a lookup that failed is tried again, in microseconds. */
const RETRY = 1_000_000

/** How long the names of subjects are on average, at most: names may come from anywhere, and count by what they take. */
const LENGTH = 1_024

/** What is made of the options of a directory that looks up. `Answer` is what the user's function answers. */
export interface LookupOptions<Answer> {
  readonly lookup: (subject: string, signal: AbortSignal) => Answer | PromiseLike<Answer>
  readonly ttlMs: number
  readonly timeoutMs: number
  readonly maxSubjects: number
  readonly throws: boolean
  readonly warn: (warning: Error) => void
  readonly clock: Clock
  /** Makes an answer ready; throws where it can't be meant. */
  readonly assign: (answer: Answer, where: string) => Assigned | undefined
}

/** What was looked up. */
export interface Lookups {
  /** At once where it is known and not too old. Undefined for nobody in particular. */
  of(subject: string): Assigned | undefined | Promise<Assigned | undefined>
  forget(subject: string | undefined): void
  /** Makes all answers ready anew, since the plans have changed. */
  reassign(): void
}

type Waiting = Promise<Assigned | undefined>

type Kept<Answer> =
  | { readonly answer: Answer; readonly assigned: Assigned | undefined; readonly until: number }
  | { readonly error: HeadgateError; readonly until: number }

/**
 * Answers of a function that may be slow, and may fail: kept for a while, asked for once by all who wait, with a deadline; and
 * where it fails, the last answer is better than none.
 */
export function createLookups<Answer>(options: LookupOptions<Answer>): Lookups {
  const { lookup, ttlMs, timeoutMs, throws, warn, clock, assign } = options
  const kept = new LRUCache<string, Kept<Answer>>({
    max: options.maxSubjects,
    maxSize: options.maxSubjects * LENGTH,
    sizeCalculation: (_, subject) => Math.max(1, subject.length),
  })
  const asked = new Map<string, Waiting>()
  let warnAgainAt = 0

  const failed = (subject: string, cause: unknown): Assigned | undefined => {
    const now = clock.now()
    const error = lookupFailed(subject, cause)
    if (now >= warnAgainAt) {
      warnAgainAt = now + RETRY
      warn(error)
    }
    const before = kept.get(subject)
    const until = now + RETRY
    if (before !== undefined && 'assigned' in before) {
      kept.set(subject, { ...before, until })
      return before.assigned
    }
    kept.set(subject, { error, until })
    if (throws) throw error
    return undefined
  }

  const learn = (subject: string, answer: Answer): Assigned | undefined => {
    let assigned: Assigned | undefined
    try {
      assigned = assign(answer, whereOf(subject))
    } catch (error) {
      return failed(subject, error)
    }
    kept.set(subject, { answer, assigned, until: clock.now() + ttlMs * 1_000 })
    return assigned
  }

  const wait = (subject: string, answer: PromiseLike<Answer>, deadline: Deadline): Waiting => {
    // What was forgotten in the meantime isn't to be known from an answer of before: whoever waits for that gets the newer one.
    const isAsked = (): boolean => asked.get(subject) === waiting
    const waiting: Waiting = deadline
      .of(answer)
      .then(
        (found) => (isAsked() ? learn(subject, found) : of(subject)),
        (error: unknown) => (isAsked() ? failed(subject, error) : of(subject)),
      )
      .finally(() => {
        if (isAsked()) asked.delete(subject)
      })
    asked.set(subject, waiting)
    return waiting
  }

  const ask = (subject: string): Assigned | undefined | Waiting => {
    const deadline = createDeadline(timeoutMs)
    let answer: Answer | PromiseLike<Answer>
    try {
      answer = lookup(subject, deadline.signal)
    } catch (error) {
      deadline.end()
      return failed(subject, error)
    }
    if (isPromiseLike(answer)) return wait(subject, answer, deadline)
    deadline.end()
    return learn(subject, answer)
  }

  const of = (subject: string): Assigned | undefined | Waiting => {
    const found = kept.get(subject)
    if (found === undefined || clock.now() >= found.until) return asked.get(subject) ?? ask(subject)
    if ('assigned' in found) return found.assigned
    if (throws) throw found.error
    return undefined
  }

  return {
    of,
    forget(subject) {
      if (subject === undefined) {
        kept.clear()
        asked.clear()
      } else {
        kept.delete(subject)
        asked.delete(subject)
      }
    },
    reassign() {
      const before = [...kept.entries()]
      for (const [subject, found] of before) {
        kept.delete(subject)
        if ('assigned' in found) learn(subject, found.answer)
      }
    },
  }
}

interface Deadline {
  readonly signal: AbortSignal
  /** The same, or a rejection when the time is over. */
  of<T>(answer: PromiseLike<T>): Promise<T>
  end(): void
}

function createDeadline(ms: number): Deadline {
  const controller = new AbortController()
  const { signal } = controller
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`No answer within ${ms} ms`, 'TimeoutError'))
  }, ms)
  const end = (): void => clearTimeout(timer)
  return {
    signal,
    end,
    of: (answer) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        answer.then(resolve, reject).then(end, end)
      }),
  }
}

function isPromiseLike<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return (
    typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
  )
}

function whereOf(subject: string): string {
  return `lookup(${showValue(subject)})`
}

function lookupFailed(subject: string, cause: unknown): HeadgateError {
  const why = cause instanceof Error ? cause.message : showValue(cause)
  return new HeadgateError({
    code: 'LOOKUP_FAILED',
    option: 'lookup',
    value: subject,
    message: `The plan of ${showValue(subject)} could not be looked up: ${why.replace(/\.$/, '')}`,
    fix: 'See the cause; with onError: "default" the default plan is used meanwhile',
    cause,
  })
}
