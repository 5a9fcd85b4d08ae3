import type { Policy, WriteFields } from './field-writer.ts'
import { wholeCount, wholeSeconds } from './integer.ts'
import { quotaPolicies } from './quota-policies.ts'

/** The limit that binds, as a dictionary. A reset is required, so what never comes is not told. */
export function draft7(policies: readonly Policy[]): WriteFields {
  const policyField = quotaPolicies(policies)
  const heads = policies.map(({ quota }) => `limit=${quota}, remaining=`)
  return (standings, binding) => {
    const policy = policyField === undefined ? [] : [policyField]
    const standing = standings[binding]
    const head = heads[binding]
    if (standing === undefined || head === undefined || standing.resetMs === null) return policy
    const { remaining, resetMs } = standing
    return [...policy, ['ratelimit', `${head}${wholeCount(remaining)}, reset=${wholeSeconds(resetMs)}`]]
  }
}
