import type { Decision } from '@headgate/core'
import type { Policy, PolicyResult } from './result.ts'
import type { Tally } from './tally.ts'

/** Adds up one policy's decisions. */
export interface Score {
  add(decision: Decision, cost: number): void
  result(keys: ReturnType<Tally['denied']>): PolicyResult
}

/** @see {@link Score} */
export function createScore({ name, limits }: Policy): Score {
  let allowed = 0
  let denied = 0
  let neverFits = 0
  let allowedCost = 0
  let deniedCost = 0
  let delayed = 0
  let longestMs = 0
  const deniedBy = new Map(Object.keys(limits).map((limit) => [limit, 0]))

  return {
    add(decision, cost) {
      if (decision.allowed) {
        allowed++
        allowedCost += cost
        if (decision.delayMs > 0) {
          delayed++
          longestMs = Math.max(longestMs, decision.delayMs)
        }
        return
      }
      denied++
      deniedCost += cost
      if (decision.retryAfterMs === null) neverFits++
      deniedBy.set(decision.binding, (deniedBy.get(decision.binding) ?? 0) + 1)
    },

    result: ({ top, keys, slack }) => ({
      name,
      limits,
      allowed,
      denied,
      deniedBy: Object.fromEntries(deniedBy),
      neverFits,
      cost: { allowed: allowedCost, denied: deniedCost },
      delayed: { requests: delayed, longestMs },
      deniedKeys: keys,
      topDenied: top,
      slack,
    }),
  }
}
