import { useEffect, useRef } from 'preact/hooks'

/** Calls `run` once typing has paused. */
export function useDebounced<T>(run: (value: T) => void, ms = 250): (value: T) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return (value) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => run(value), ms)
  }
}
