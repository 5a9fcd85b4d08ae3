import type { Field, Policy, WriteFields } from './field-writer.ts'
import { wholeCount, wholeSeconds } from './integer.ts'

/** The limit that binds, as APIs told it before there was a draft. What never comes has no reset. */
export function legacy(policies: readonly Policy[], since: 'epoch' | 'now'): WriteFields {
  const limits = policies.map(({ quota }): Field => ['x-ratelimit-limit', String(quota)])
  return (standings, binding, nowMs) => {
    const standing = standings[binding]
    const limit = limits[binding]
    if (standing === undefined || limit === undefined) return []
    const remaining: Field = ['x-ratelimit-remaining', String(wholeCount(standing.remaining))]
    if (standing.resetMs === null) return [limit, remaining]
    const ms = since === 'epoch' ? nowMs() + standing.resetMs : standing.resetMs
    return [limit, remaining, ['x-ratelimit-reset', String(wholeSeconds(ms))]]
  }
}
