import type { Decision } from '@headgate/core'
import type { PlanResult, Verdicts } from './result.ts'
import { createTally, type Tally } from './tally.ts'

/** Adds up decisions. */
export interface Score {
  add(decision: Decision, cost: number): void
  result(keys: ReturnType<Tally['denied']>): Verdicts
}

/** @see {@link Score}. The limits named are told of also where none of them denies. */
export function createScore(limits: readonly string[]): Score {
  let allowed = 0
  let denied = 0
  let neverFits = 0
  let allowedCost = 0
  let deniedCost = 0
  let delayed = 0
  let longestMs = 0
  const deniedBy = new Map(limits.map((limit) => [limit, 0]))

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

/** Adds up decisions by the plans on which the keys were. */
export interface PlanScores {
  add(plan: string, key: string, decision: Decision, cost: number): void
  results(): readonly PlanResult[]
}

/** @see {@link PlanScores}. The plans named are told of first, also where nobody is on them. */
export function createPlanScores(names: readonly string[], maxKeys: number): PlanScores {
  const open = () => ({ score: createScore([]), tally: createTally(1, maxKeys), requests: 0 })
  const plans = new Map(names.map((name) => [name, open()]))

  return {
    add(name, key, decision, cost) {
      const plan = plans.get(name) ?? open()
      if (plan.requests++ === 0) plans.set(name, plan)
      const { score, tally } = plan
      score.add(decision, cost)
      const slot = tally.slotOf(key)
      tally.request(slot)
      if (!decision.allowed) tally.deny(slot, 0)
    },

    results: () =>
      [...plans].map(([name, { score, tally, requests }]) => {
        const { keys, estimated } = tally.counts()
        return { name, requests, keys, keysEstimated: estimated, ...score.result(tally.denied(0, 10)) }
      }),
  }
}
