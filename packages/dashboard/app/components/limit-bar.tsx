import { describeLimit, startsAnew, totalOf } from '../lib/describe.ts'
import { showCount, showSpan, showWhen } from '../lib/format.ts'
import type { LimitStanding } from '../lib/types.ts'

interface Props {
  readonly name: string
  readonly standing: LimitStanding
  /** When it stood so, in milliseconds since the epoch. */
  readonly at: number
}

/** How much of a limit is used, and when it is whole again. */
export function LimitBar({
  name,
  standing: { limit, remaining, resetAfterMs, retryAfterMs, allowed, shadow },
  at,
}: Props) {
  const total = totalOf(limit)
  const used = Math.max(0, total - remaining)
  const level = allowed ? (used / total > 0.8 ? 'high' : 'fine') : 'out'
  const whole = startsAnew(limit) ? 'resets' : 'all of it back'
  return (
    <section class="limit" aria-label={`Limit ${name}`}>
      <div class="limit-head">
        <h3>
          {name} {shadow && <span class="chip">only tried out</span>}
        </h3>
        <span class="quiet">{describeLimit(limit)}</span>
      </div>
      {/* The figures below say the same. */}
      <div class={`bar bar-${level}`} aria-hidden="true">
        <span style={{ width: `${Math.min(100, (used / total) * 100)}%` }} />
      </div>
      <dl class="limit-figures">
        <div>
          <dt>used</dt>
          <dd>
            {showCount(used)} of {showCount(total)}
          </dd>
        </div>
        <div>
          <dt>left</dt>
          <dd>{showCount(remaining)}</dd>
        </div>
        <div class="wide">
          <dt>{whole}</dt>
          <dd>
            {resetAfterMs === 0
              ? 'nothing is used'
              : `in ${showSpan(resetAfterMs)}, ${showWhen(at + resetAfterMs, at)}`}
          </dd>
        </div>
        {!allowed && (
          <div class="wide">
            <dt>{shadow ? 'would deny' : 'denied'}</dt>
            <dd>{retryAfterMs === null ? 'for good' : `for ${showSpan(retryAfterMs)} more`}</dd>
          </div>
        )}
      </dl>
    </section>
  )
}
