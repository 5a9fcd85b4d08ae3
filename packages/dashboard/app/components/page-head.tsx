import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useHeading } from '../lib/use-heading.ts'

interface Props {
  readonly title: ComponentChildren
  /** For the browser's tab and history. */
  readonly name: string
  readonly children?: ComponentChildren
}

/** A page's heading, which has the focus when one comes to the page from another. */
export function PageHead({ title, name, children }: Props) {
  const heading = useHeading(name)
  useEffect(() => scrollTo(0, 0), [])
  return (
    <div class="page-head">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <div class="page-tools">{children}</div>
    </div>
  )
}
