import type { Decision, LimitFigures } from './decision.ts'
import type { Limit } from './limit.ts'
import type { Plan } from './plan.ts'

/** One limit, and where a key stands with it. */
export interface ExplainedLimit extends LimitFigures {
  readonly name: string
  readonly limit: Limit
  /** In words: what the limit is, what is left of it and when more fits. */
  readonly text: string
}

/** What would be decided now, and why. Nothing is charged. */
export interface Explanation<Name extends string = string> {
  readonly decision: Decision<Name>
  readonly limits: readonly ExplainedLimit[]
  /** The whole in words, a line per limit. */
  readonly text: string
}

/** Puts a decision that charged nothing into words. */
export function explainDecision<Name extends string>(
  plan: Plan,
  decision: Decision<Name>,
): Explanation<Name> {
  const figures = decision.limits as { readonly [name: string]: LimitFigures }
  const limits = plan.entries.map(({ name, limit }): ExplainedLimit => {
    const own = figures[name] as LimitFigures
    return { ...own, name, limit, text: `${name}: ${describe(limit)}. ${standing(own)}` }
  })
  const verdict = decision.allowed
    ? `Allowed${decision.delayMs > 0 ? ` after ${span(decision.delayMs)}` : ''}; ${decision.binding} binds.`
    : `Denied by ${decision.binding}${decision.retryAfterMs === null ? ' for good' : ` for ${span(decision.retryAfterMs)}`}.`
  return { decision, limits, text: [verdict, ...limits.map((limit) => limit.text)].join('\n') }
}

function describe(limit: Limit): string {
  switch (limit.algorithm) {
    case 'token-bucket':
      return `${limit.refill} per ${time(limit.per)}, bursts up to ${limit.capacity}`
    case 'leaky-bucket':
      return `one by one, ${limit.rate} per ${time(limit.per)}, at most ${limit.queue} waiting`
    case 'fixed-window':
      return `at most ${limit.limit} in each ${time(limit.window)}`
    case 'sliding-window':
      return `about ${limit.limit} in any ${time(limit.window)}`
    case 'sliding-log':
      return `at most ${limit.limit} in any ${time(limit.window)}`
    case 'concurrency':
      return `at most ${limit.limit} at once, none for longer than ${time(limit.lease)}`
    case 'quota':
      return `at most ${limit.limit} a ${limit.per} (${limit.timeZone ?? 'UTC'})`
  }
}

function standing(figures: LimitFigures): string {
  const left = `${figures.remaining} left`
  const reset = figures.resetAfterMs > 0 ? `, all of it in ${span(figures.resetAfterMs)}` : ''
  const tried = figures.shadow ? ' Only tried out: it never denies.' : ''
  if (figures.allowed) return `${left}${reset}; a cost of ${figures.cost} fits.${tried}`
  if (figures.retryAfterMs === null)
    return `${left}${reset}; a cost of ${figures.cost} is more than it ever holds.${tried}`
  return `${left}${reset}; a cost of ${figures.cost} fits in ${span(figures.retryAfterMs)}.${tried}`
}

function time(duration: number | string): string {
  return typeof duration === 'number' ? span(duration) : duration
}

const SPANS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const

/** Milliseconds in the largest unit that still says it with at most one decimal. */
function span(ms: number): string {
  for (const [size, unit] of SPANS) if (ms >= size) return `${Number((ms / size).toFixed(1))}${unit}`
  return `${ms}ms`
}
