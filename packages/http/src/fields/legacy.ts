import type { AppendFields, Field, Policy } from './field-writer.ts'
import { wholeCount, wholeSeconds } from './integer.ts'

/** The limit that binds, as APIs told it before there was a draft. What never comes has no reset. */
export function legacy(policies: readonly Policy[], since: 'epoch' | 'now'): AppendFields {
  const limits = policies.map(({ quota }): Field => ['X-RateLimit-Limit', String(quota)])
  return (fields, standings, binding, nowMs) => {
    const standing = standings[binding]
    const limit = limits[binding]
    if (standing === undefined || limit === undefined) return
    fields.push(limit, ['X-RateLimit-Remaining', String(wholeCount(standing.remaining))])
    if (standing.resetMs === null) return
    const ms = since === 'epoch' ? nowMs() + standing.resetMs : standing.resetMs
    fields.push(['X-RateLimit-Reset', String(wholeSeconds(ms))])
  }
}
