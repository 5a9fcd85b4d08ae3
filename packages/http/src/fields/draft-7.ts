import type { AppendFields, Policy } from './field-writer.ts'
import { wholeCount, wholeSeconds } from './integer.ts'
import { quotaPolicies } from './quota-policies.ts'

/** The limit that binds, as a dictionary. A reset is required, so what never comes is not told. */
export function draft7(policies: readonly Policy[]): AppendFields {
  const policyField = quotaPolicies(policies)
  const heads = policies.map(({ quota }) => `limit=${quota}, remaining=`)
  return (fields, standings, binding) => {
    if (policyField !== undefined) fields.push(policyField)
    const standing = standings[binding]
    const head = heads[binding]
    if (standing === undefined || head === undefined || standing.resetMs === null) return
    const { remaining, resetMs } = standing
    fields.push(['RateLimit', `${head}${wholeCount(remaining)}, reset=${wholeSeconds(resetMs)}`])
  }
}
