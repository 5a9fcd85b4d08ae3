import type { ComponentChildren } from 'preact'
import type { Resource } from '../lib/resource.ts'
import { ProblemNote } from './problem-note.tsx'

interface Props<T> {
  readonly of: Resource<T>
  readonly what: string
  readonly children: (data: T) => ComponentChildren
}

/** What was loaded; before that, that it is being loaded; and why it can't be. What was there stays there. */
export function Loaded<T>({ of: { data, problem, reload }, what, children }: Props<T>) {
  return (
    <>
      {problem !== undefined && problem.code !== 'UNREACHABLE' && (
        <ProblemNote problem={problem} what={`Could not load ${what}.`} onRetry={reload} />
      )}
      {data !== undefined ? children(data) : <Waiting what={what} isOff={problem !== undefined} />}
    </>
  )
}

function Waiting({ what, isOff }: { readonly what: string; readonly isOff: boolean }) {
  return isOff ? null : (
    <p class="loading" role="status">
      Loading {what} …
    </p>
  )
}
