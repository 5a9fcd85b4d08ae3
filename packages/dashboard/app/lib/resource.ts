import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { recoveries } from './connection.ts'
import { type Problem, toProblem } from './problem.ts'

export interface Resource<T> {
  /**
   * The last that was loaded; it stays while a newer one is on its way, and when that fails. Of another key it is gone then: it would be
   * taken for what was asked for.
   */
  readonly data: T | undefined
  readonly problem: Problem | undefined
  readonly isLoading: boolean
  /** Loads it anew; what is under way counts no more, since it may be from before a change. */
  reload(): void
}

interface State<T> {
  readonly data?: T
  /** That of the data. */
  readonly key?: string
  readonly problem?: Problem
  readonly isLoading: boolean
}

/** What is older is loaded anew for whoever comes back to the page. */
const STALE_MS = 300_000

/**
 * Loads something, and again when `key` changes, when the service is back after it was away, and every so often. Nothing is asked
 * for every so often while nobody looks at the page; whoever comes back after long finds nothing from before.
 */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs?: number,
): Resource<T> {
  const state = useSignal<State<T>>({ isLoading: true })
  const latest = useRef(load)
  latest.current = load
  const restart = useRef(() => {})

  useEffect(() => {
    let abort: AbortController | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let askedAt = 0

    const run = async (): Promise<void> => {
      clearTimeout(timer)
      abort?.abort()
      abort = new AbortController()
      const { signal } = abort
      askedAt = performance.now()
      if (!state.peek().isLoading) state.value = { ...state.peek(), isLoading: true }
      try {
        const data = await latest.current(signal)
        if (signal.aborted) return
        state.value = { data, key, isLoading: false }
      } catch (error) {
        if (signal.aborted) return
        const before = state.peek()
        state.value = { ...(before.key === key && before), problem: toProblem(error), isLoading: false }
      }
      abort = undefined
      if (everyMs !== undefined && !document.hidden) timer = setTimeout(run, everyMs)
    }
    const onVisibility = (): void => {
      if (document.hidden) clearTimeout(timer)
      else if (abort === undefined && performance.now() - askedAt >= (everyMs === undefined ? STALE_MS : 0))
        void run()
    }

    restart.current = () => void run()
    document.addEventListener('visibilitychange', onVisibility)
    // Called at once, and then when the service has come back.
    const stop = recoveries.subscribe(() => void run())
    return () => {
      stop()
      abort?.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisibility)
    }
  }, [key, everyMs])

  const { data, problem, isLoading } = state.value
  return { data, problem, isLoading, reload: () => restart.current() }
}
