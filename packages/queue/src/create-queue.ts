import { invalidOption } from '@headgate/core'
import { checkFunction, checkObject } from './checks.ts'
import { checkJob, type JobOptions } from './job-options.ts'
import { checkOptions, type QueueOptions } from './options.ts'
import type { CloseOptions, Queue } from './queue.ts'
import { createScheduler } from './scheduler.ts'

/**
 * A queue in this process: when not all can run now, whoever has the higher priority goes first, and among equals whoever came
 * first. Work waits for a place to run (`concurrency`), for units of a limiter, or for both: for the place first, so that no units
 * are taken for what can't start.
 *
 * How many wait and for how long is bounded. A timer runs only while somebody waits.
 *
 * @throws HeadgateError `INVALID_OPTION`, `INVALID_KEY`, `INVALID_DURATION`
 * @example
 * ```ts
 * import { createLimiter, tokenBucket } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 * import { createQueue } from '@headgate/queue'
 *
 * const limiter = createLimiter({
 *   store: memoryStore(),
 *   limits: { upstream: tokenBucket({ capacity: 5, refill: 10, per: '1s' }) },
 * })
 * const queue = createQueue({ concurrency: 4, limiter, maxWait: '10s' })
 * const answer = await queue.run(async () => 42, { priority: 10, cost: 2 })
 * ```
 */
export function createQueue(options: QueueOptions): Queue {
  const settings = checkOptions(options)
  const scheduler = createScheduler(settings)

  return {
    async run<T>(work: (signal: AbortSignal) => Promise<T> | T, jobOptions?: JobOptions): Promise<T> {
      checkFunction('work', work, 'Pass (signal) => what is to be done')
      const job = checkJob(jobOptions, settings.maxWait)
      const admitted = scheduler.admit(job)
      // Who needn't wait is called at once.
      const permit = admitted instanceof Promise ? await admitted : admitted
      try {
        return await work(job.signal ?? new AbortController().signal)
      } finally {
        permit.release()
      }
    },

    acquire: async (jobOptions) => scheduler.admit(checkJob(jobOptions, settings.maxWait)),

    get size() {
      return scheduler.waiting
    },
    get running() {
      return scheduler.running
    },

    async close(closeOptions: CloseOptions = {}): Promise<void> {
      checkObject('options', closeOptions, 'Leave it out, or pass { drain: true }')
      const { drain = false } = closeOptions
      if (typeof drain !== 'boolean')
        throw invalidOption('drain', drain, 'true or false', 'Leave it out for false')
      await scheduler.close(drain)
    },
  }
}
