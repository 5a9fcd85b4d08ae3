import { type Item, serializeByteSequence, serializeList, serializeString } from 'structured-headers'
import type { Field, Policy, WriteFields } from './field-writer.ts'
import { wholeCount, wholeSeconds } from './integer.ts'
import { windowSeconds } from './window-seconds.ts'

/**
 * Every limit by its name, in one list. The policies stay the same from response to response, so the partition is told
 * beside the standing only. What never comes has no `t`.
 */
export function draft11(policies: readonly Policy[]): WriteFields {
  const policyField: Field = ['ratelimit-policy', serializeList(policies.map(itemOf))]
  const heads = policies.map(({ name }) => `${serializeString(name)};r=`)
  const resetOf = createResets()
  return (standings, _binding, _nowMs, partitions) => {
    // A list without members is told by no field (RFC 9651, 4.1).
    if (heads.length === 0) return []
    let value = ''
    for (let i = 0; i < heads.length; i++) {
      const standing = standings[i]
      if (standing === undefined) continue
      const reset = standing.resetMs === null ? '' : resetOf(wholeSeconds(standing.resetMs))
      // By +, which takes fewer steps than a template where the types aren't known.
      const member = (heads[i] as string) + wholeCount(standing.remaining) + reset
      value = value === '' ? member : `${value}, ${member}`
      const partition = partitions?.[i]
      if (partition !== undefined)
        value += `;pk=${serializeByteSequence(partition as Uint8Array<ArrayBuffer>)}`
    }
    // Written as lists, not pushed onto one: that would make room for seventeen.
    return value === '' ? [policyField] : [policyField, ['ratelimit', value]]
  }
}

/** The parameter `t`; the last one again where the seconds are the same: in a window they are so for everyone, for a second. */
function createResets(): (seconds: number) => string {
  let last = 0
  let parameter = ';t=0'
  return (seconds) => {
    if (seconds !== last) {
      last = seconds
      parameter = `;t=${seconds}`
    }
    return parameter
  }
}

function itemOf({ name, quota, windowMs, unit = 'requests' }: Policy): Item {
  const parameters: Item[1] = new Map([['q', quota]])
  if (unit !== 'requests') parameters.set('qu', unit)
  const window = windowSeconds(windowMs)
  if (window !== undefined) parameters.set('w', window)
  return [name, parameters]
}
