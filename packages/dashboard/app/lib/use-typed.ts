import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

const PAUSE_MS = 250

/** The text of a field, and what is called with what somebody types there. */
export type Typed = readonly [text: string, type: (text: string) => void]

/**
 * What is typed into a field, which is applied once typing has paused. Where `value` changes otherwise, as by a link or the back button,
 * the field says that, and what was typed before is not applied any more.
 */
export function useTyped(value: string, apply: (text: string) => void): Typed {
  const text = useSignal(value)
  const applied = useRef(value)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  useEffect(() => {
    if (value === applied.current) return
    clearTimeout(timer.current)
    applied.current = value
    text.value = value
  }, [value])
  const type = (typed: string): void => {
    text.value = typed
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      applied.current = typed
      apply(typed)
    }, PAUSE_MS)
  }
  return [text.value, type]
}
