import type { Job } from './job.ts'

/** The signals of those who wait. */
export interface Watch {
  add(job: Job): void
  remove(job: Job): void
}

/**
 * One listener for each signal, however many wait by it: to add a listener takes time in proportion to those that a signal has,
 * and one signal for everything, as at a shutdown, is common.
 */
export function createWatch(onAbort: (jobs: Iterable<Job>) => void): Watch {
  const watched = new Map<AbortSignal, { readonly jobs: Set<Job>; readonly listener: () => void }>()

  return {
    add(job) {
      const { signal } = job.asked
      if (signal === undefined) return
      const known = watched.get(signal)
      if (known !== undefined) {
        known.jobs.add(job)
        return
      }
      const jobs = new Set([job])
      const listener = (): void => onAbort([...jobs])
      watched.set(signal, { jobs, listener })
      signal.addEventListener('abort', listener, { once: true })
    },

    remove(job) {
      const { signal } = job.asked
      const known = signal && watched.get(signal)
      if (signal === undefined || known === undefined) return
      known.jobs.delete(job)
      if (known.jobs.size > 0) return
      watched.delete(signal)
      signal.removeEventListener('abort', known.listener)
    },
  }
}
