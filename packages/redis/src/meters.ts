import type { Check, MeterRule, Micros, Outcome } from '@headgate/core'
import type { Decisions } from './calls.ts'
import type { Sent } from './list.ts'
import type { Repeated } from './repeats.ts'
import { portRule } from './rules.ts'
import { readDecisions } from './wire.ts'

/** Whether src/scripts/meters.lua can decide: single checks of buckets, all at one time. */
export function areMeters(repeats: readonly Repeated<Decisions>[]): boolean {
  const now = repeats[0]?.call.now
  for (const { call } of repeats) {
    if (call.items.length !== 1 || call.now !== now || onlyCheck(call).rule.algorithm !== 'meter')
      return false
  }
  return true
}

/** Decisions as it wants them: in runs under the same rule, of the same cost, and asked as often. */
export function writeMeters(repeats: readonly Repeated<Decisions>[]): Sent {
  const now = repeats[0]?.call.now
  const keys: string[] = []
  const args = [now === undefined ? '' : `${now}`]
  for (let from = 0; from < repeats.length; ) {
    const { call, times } = repeats[from] as Repeated<Decisions>
    const { rule, cost } = onlyCheck(call)
    let to = from
    for (; to < repeats.length; to++) {
      const next = repeats[to] as Repeated<Decisions>
      const asked = onlyCheck(next.call)
      if (asked.rule !== rule || asked.cost !== cost || next.times !== times) break
      keys.push(next.call.places[0]?.key as string)
    }
    args.push(`${to - from}`, `${times}`, `${cost}`, ...portRule(rule).args)
    from = to
  }
  return { keys, args }
}

/** The reply to {@link writeMeters}, an outcome for each decision. */
export function readMeters(reply: unknown, repeats: readonly Repeated<Decisions>[]): readonly Outcome[] {
  const numbers = reply as readonly unknown[]
  // What is rare is answered by decide.lua.
  if (Number(numbers[0]) !== -1) return readDecisions(reply, repeats)
  const outcomes: Outcome[] = []
  let place = 2
  for (const { call, times } of repeats) {
    const { now = Number(numbers[1]) } = call
    const { rule, cost } = onlyCheck(call)
    const { den, tick } = rule as MeterRule
    let allowed = times
    let ts = Math.floor(now / tick)
    let level = Number(numbers[place++])
    if (level < 0) {
      allowed = -1 - level
      ts = Number(numbers[place++])
      level = Number(numbers[place++])
    }
    // Each of equal decisions has added as much as the others.
    for (let i = 1; i <= times; i++)
      outcomes.push(outcome(i <= allowed, now, ts, level - Math.max(0, allowed - i) * cost * den))
  }
  return outcomes
}

function outcome(allowed: boolean, now: Micros, ts: number, level: number): Outcome {
  return { now, results: [{ allowed, cells: [ts, level] }] }
}

function onlyCheck(call: Decisions): Check {
  return call.items[0] as Check
}
