import type { Limit, MeterRule, Micros, Rule, SlidingLogRule, SlidingWindowRule } from '@headgate/core'
import { array, record } from 'fast-check'
import { costOf, costs } from '../arbitraries/costs.ts'
import { limits } from '../arbitraries/limits.ts'
import { starts, steps, timeFrom } from '../arbitraries/steps.ts'
import { expectThat, type Figures } from '../figures.ts'
import { type Law, law } from '../law.ts'
import { ruleAt } from '../rule-figures.ts'
import { subjectAt } from '../subject.ts'

/** What was let in, at the key's own time, which never runs backwards. */
interface Admission {
  readonly at: Micros
  readonly cost: bigint
}

export const neverMoreThanTheBound: Law = law(
  'never more than the bound',
  'What is let in over any interval of time stays within what the limit promises, whatever is asked and whenever.',
  record({
    limit: limits,
    start: starts,
    calls: array(record({ step: steps, cost: costs }), { maxLength: 30, size: 'max' }),
  }),
  async (store, { limit, start, calls }, run) => {
    const subject = subjectAt(store, limit, run)
    const time = timeFrom(start)
    const admitted: Admission[] = []
    let answer: Figures | undefined
    for (const { step, cost } of calls) {
      const now = time.move(step, ruleAt(limit, time.now), answer)
      const units = costOf(cost, ruleAt(limit, now))
      const { allowed, figures } = await subject.take(units, now)
      answer = figures
      if (!allowed || units === 0) continue
      const latest = admitted.at(-1)?.at ?? now
      admitted.push({ at: keyTime(limit, latest, now), cost: BigInt(units) })
      expectThat(
        withinBound(limit, admitted),
        `${units} more at ${now} is past the bound: ${describe(admitted)}`,
      )
    }
  },
)

/** When a charge counts: never behind the tick, window or entry that was charged before. */
function keyTime(limit: Limit, latest: Micros, now: Micros): Micros {
  const rule = ruleAt(limit, latest)
  if (rule.algorithm === 'meter') return Math.max(now, Math.floor(latest / rule.tick) * rule.tick)
  if (rule.algorithm === 'sliding-log') return Math.max(now, latest)
  return Math.max(now, windowOf(limit, latest))
}

function windowOf(limit: Limit, at: Micros): Micros {
  const rule = ruleAt(limit, at)
  if (rule.algorithm === 'window' && rule.length === 0) return rule.start
  return 'length' in rule ? at - (at % rule.length) : at
}

/** Whether the latest admission is within the bound; those before it were looked at in their turn. */
function withinBound(limit: Limit, admitted: readonly Admission[]): boolean {
  const { at } = admitted.at(-1) as Admission
  const rule: Rule = ruleAt(limit, at)
  switch (rule.algorithm) {
    case 'meter':
      return admitted.every((_, i) => withinRate(rule, admitted.slice(i)))
    case 'window':
      return sum(admitted, (a) => windowOf(limit, a.at) === windowOf(limit, at)) <= BigInt(rule.limit)
    case 'sliding-window':
      return withinWeight(rule, admitted, at)
    case 'sliding-log':
      return withinAnyWindow(rule, admitted, at)
  }
}

/** No more than the bucket held when the interval began, and what flowed in since. */
function withinRate(rule: MeterRule, admitted: readonly Admission[]): boolean {
  const tick = ({ at }: Admission) => Math.floor(at / rule.tick)
  const elapsed = tick(admitted.at(-1) as Admission) - tick(admitted[0] as Admission)
  return sum(admitted) * BigInt(rule.den) <= BigInt(rule.cap) + BigInt(elapsed) * BigInt(rule.num)
}

/** At most the limit in a window, and with the previous one by its overlap: so at most twice the limit in any window. */
function withinWeight(rule: SlidingWindowRule, admitted: readonly Admission[], at: Micros): boolean {
  const start = at - (at % rule.length)
  const current = sum(admitted, (a) => a.at >= start)
  const previous = sum(admitted, (a) => a.at >= start - rule.length && a.at < start)
  const overlap = BigInt(start + rule.length - at)
  return previous * overlap + current * BigInt(rule.length) <= BigInt(rule.limit) * BigInt(rule.length)
}

function withinAnyWindow(rule: SlidingLogRule, admitted: readonly Admission[], at: Micros): boolean {
  return sum(admitted, (a) => a.at > at - rule.length) <= BigInt(rule.limit)
}

function sum(admitted: readonly Admission[], counts: (admission: Admission) => boolean = () => true): bigint {
  return admitted.filter(counts).reduce((total, { cost }) => total + cost, 0n)
}

function describe(admitted: readonly Admission[]): string {
  return admitted.map(({ at, cost }) => `${cost} at ${at}`).join(', ')
}
