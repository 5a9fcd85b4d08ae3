import { createGather, type Micros, type Outcome } from '@headgate/core'
import type { Call } from './calls.ts'
import type { CheckedOptions } from './options.ts'

/** A call that waits for its turn. */
export interface Waiting {
  readonly call: Call
  /** The time by which it wants to be decided, where that isn't the clock's. */
  readonly given: Micros | undefined
  /** By `performance.now()`. */
  readonly deadline: number
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/** The calls of a process. */
export interface Queue {
  submit(call: Call, given: Micros | undefined): Promise<Outcome>
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>
}

/** Calls that are decided together: for the same keys, and by the same time. */
interface Batch {
  readonly kind: string
  readonly calls: Waiting[]
  started: boolean
  /** Resolves when it is over; it never rejects. */
  over: Promise<void>
}

/** The most calls that are taken up: they wait for those before them, or are being decided. */
const MAX_UNDER_WAY = 1_000

/**
 * One request at a time for a key. Calls for the same keys that come meanwhile are decided together by the next. A batch
 * waits for those before it that have one of its keys, so calls never overtake each other, and no two wait for each other.
 */
export function createQueue(
  { timeout, maxWaiting }: CheckedOptions,
  settle: (keys: readonly string[], calls: readonly Waiting[]) => Promise<void>,
): Queue {
  /** The latest batch of each key; who comes next waits for it, or joins it. */
  const latest = new Map<string, Batch>()

  const run = async (batch: Batch, keys: readonly string[], before: readonly Batch[]): Promise<void> => {
    await Promise.all(before.map(({ over }) => over))
    batch.started = true
    // Who is past his deadline has been told so, and must not take.
    const now = performance.now()
    const calls = batch.calls.filter(({ deadline }) => deadline > now)
    try {
      if (calls.length > 0) await settle(keys, calls)
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
    for (const key of keys) if (latest.get(key) === batch) latest.delete(key)
  }

  const line = (waiting: Waiting): void => {
    const { call, given } = waiting
    const keys = [...new Set(call.keys)].sort()
    // Keys have no control characters.
    const kind = [call.kind === 'delete', given, ...keys].join('\n')
    const before = new Set(keys.flatMap((key) => latest.get(key) ?? []))
    const [only] = before
    if (before.size === 1 && only?.kind === kind && !only.started) return void only.calls.push(waiting)

    const batch: Batch = { kind, calls: [waiting], started: false, over: Promise.resolve() }
    for (const key of keys) latest.set(key, batch)
    batch.over = run(batch, keys, [...before])
  }

  // It bounds what waits, and answers in time whatever happens; each question goes on alone, to the batch of its keys.
  const gather = createGather<Pick<Waiting, 'call' | 'given' | 'deadline'>, Outcome>({
    name: 'dynamodb',
    send: ([question]) =>
      new Promise((resolve, reject) => {
        if (question !== undefined) line({ ...question, resolve: (outcome) => resolve([outcome]), reject })
      }),
    timeout,
    maxBatch: 1,
    maxInFlight: MAX_UNDER_WAY,
    maxWaiting,
  })

  return {
    submit: (call, given) => gather.ask({ call, given, deadline: performance.now() + timeout }),
    idle: gather.idle,
  }
}
