import type { JobOptions } from './job-options.ts'

/** A place among those who run: to be released, or nobody gets it. */
export interface Permit {
  /** Lets the next one start. Calls after the first do nothing; it needs no `this`. */
  release(): void
  /** The same, for `using`. */
  [Symbol.dispose](): void
}

/** How a queue is closed. */
export interface CloseOptions {
  /** Whether those who wait still have their turn; they are refused with `QUEUE_CLOSED` unless told. */
  readonly drain?: boolean
}

/** Who goes first where not everybody can. */
export interface Queue {
  /**
   * Does the work when it is its turn, which may be at once.
   *
   * @param work called with the signal of the options, or with one that is never aborted. To abort it doesn't end the work, nor
   *   free its place: that is the work's to do
   * @returns what the work returns
   * @throws what the work throws. Where it was never called: the signal's reason; what the limiter failed with; HeadgateError
   *   `QUEUE_FULL`, `QUEUE_TIMEOUT` or `QUEUE_CLOSED`; `INVALID_COST`, also where the limiter can never allow so much;
   *   `INVALID_KEY`, `INVALID_OPTION` or `INVALID_DURATION`
   * @example
   * ```ts
   * import { createQueue } from '@headgate/queue'
   *
   * const queue = createQueue({ concurrency: 10 })
   * const response = await queue.run((signal) => fetch('https://example.com', { signal }), { priority: 5 })
   * ```
   */
  run<T>(work: (signal: AbortSignal) => Promise<T> | T, options?: JobOptions): Promise<T>
  /**
   * Resolves when it is one's turn, for work that doesn't fit in a function. The signal counts until then.
   *
   * @throws as {@link run}
   * @example
   * ```ts
   * import { createQueue } from '@headgate/queue'
   *
   * const queue = createQueue({ concurrency: 10 })
   * using permit = await queue.acquire({ maxWait: '1s' })
   * ```
   */
  acquire(options?: JobOptions): Promise<Permit>
  /** How many wait. */
  readonly size: number
  /** How many were started and aren't over. */
  readonly running: number
  /**
   * Takes no more. It may be called again, say without `drain` when draining takes too long.
   *
   * @returns resolves when nothing waits or runs, and the limiter isn't being asked
   * @throws HeadgateError `INVALID_OPTION`
   */
  close(options?: CloseOptions): Promise<void>
}
