import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface Props {
  readonly title: ComponentChildren
  /** For the browser's tab and history. */
  readonly name: string
  readonly children?: ComponentChildren
}

let isFirst = true

/** A page's heading, which has the focus when one comes to the page from another. */
export function PageHead({ title, name, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true })
    isFirst = false
    scrollTo(0, 0)
  }, [])
  useEffect(() => {
    document.title = `${name} – Headgate`
  }, [name])
  return (
    <div class="page-head">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <div class="page-tools">{children}</div>
    </div>
  )
}
