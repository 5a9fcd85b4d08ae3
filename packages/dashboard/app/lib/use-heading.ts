import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

let isFirst = true

/**
 * A page's heading, which has the focus when one comes to the page from another.
 *
 * @param name for the browser's tab and history
 */
export function useHeading(name: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true })
    isFirst = false
  }, [])
  useEffect(() => {
    document.title = `${name} – Headgate`
  }, [name])
  return heading
}
