import type { PlanResult, PolicyResult, ReplayResult, Verdicts } from './result.ts'
import { isoTime } from './text.ts'
import { coarser } from './timeline.ts'

/** Parts of the time in `overTime`. */
const PARTS = 60

/**
 * The result as plain data for `--json`. Every policy carries the figures of the log too, so that each can be read by
 * itself; a single policy's fields also stand at the top.
 */
export function toJson(result: ReplayResult): Record<string, unknown> {
  const policies = result.policies.map((policy, i) => policyJson(result, policy, i))
  const log = {
    sources: result.sources,
    format: result.format,
    fields: { key: result.fields.key, time: result.fields.time ?? null, cost: result.fields.cost },
    numbers: result.numbers ?? null,
    relative: result.relative,
    malformedExamples: result.malformedExamples,
    late: { events: result.late.events, mostMs: result.late.most / 1_000 },
    overflowed: result.overflowed,
    interrupted: result.interrupted,
  }
  return { ...(policies.length === 1 ? policies[0] : undefined), ...log, policies }
}

function policyJson(result: ReplayResult, policy: PolicyResult, index: number): Record<string, unknown> {
  const { requests, keys, keysEstimated, malformed, firstEvent, lastEvent, fields } = result
  const { name, limits, plans } = policy
  const withCost = fields.cost.length > 0
  return {
    name,
    ...(limits === undefined ? { plans: plans.map((plan) => planJson(plan, withCost)) } : { limits }),
    requests,
    keys,
    keysEstimated,
    malformed,
    ...verdictsJson(policy, withCost),
    firstEvent: firstEvent === undefined ? null : isoTime(firstEvent),
    lastEvent: lastEvent === undefined ? null : isoTime(lastEvent),
    overTime: overTime(result, index),
  }
}

function planJson(plan: PlanResult, withCost: boolean): Record<string, unknown> {
  const { name, requests, keys, keysEstimated } = plan
  return { name, requests, keys, keysEstimated, ...verdictsJson(plan, withCost) }
}

function verdictsJson(verdicts: Verdicts, withCost: boolean): Record<string, unknown> {
  const { allowed, denied, cost, deniedBy, neverFits, delayed, deniedKeys, topDenied, slack } = verdicts
  return {
    allowed,
    denied,
    ...(withCost && { cost: { requested: cost.allowed + cost.denied, ...cost } }),
    deniedBy,
    neverFits,
    delayed,
    deniedKeys,
    topDenied,
    topDeniedSlack: slack,
  }
}

function overTime({ timeline }: ReplayResult, index: number): Record<string, unknown> {
  const { start, width, requests, denied } = coarser(timeline, PARTS)
  return {
    widthMs: width / 1_000,
    parts: requests.map((all, i) => {
      const no = denied[index]?.[i] ?? 0
      return { from: isoTime(start + i * width), requests: all, allowed: all - no, denied: no }
    }),
  }
}
