import type { Field, Policy, WriteFields } from './field-writer.ts'
import { wholeCount, wholeSeconds } from './integer.ts'
import { quotaPolicies } from './quota-policies.ts'

/** The limit that binds, in three fields. A reset is required beside the limit, so what never comes is not told. */
export function draft6(policies: readonly Policy[]): WriteFields {
  const policyField = quotaPolicies(policies)
  const limits = policies.map(({ quota }): Field => ['ratelimit-limit', String(quota)])
  return (standings, binding) => {
    const policy = policyField === undefined ? [] : [policyField]
    const standing = standings[binding]
    const limit = limits[binding]
    if (standing === undefined || limit === undefined || standing.resetMs === null) return policy
    return [
      ...policy,
      limit,
      ['ratelimit-remaining', String(wholeCount(standing.remaining))],
      ['ratelimit-reset', String(wholeSeconds(standing.resetMs))],
    ]
  }
}
