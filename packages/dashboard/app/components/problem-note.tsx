import type { Problem } from '../lib/problem.ts'

interface Props {
  readonly problem: Problem
  /** What was tried. */
  readonly what?: string
  onRetry?(): void
}

/** What went wrong and what to do about it, in the service's own words. */
export function ProblemNote({ problem, what, onRetry }: Props) {
  return (
    <div class="note note-bad" role="alert">
      <p>
        {what !== undefined && <strong>{what} </strong>}
        {problem.message} <code class="quiet">{problem.code}</code>
      </p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}
