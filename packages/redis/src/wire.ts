import { type Adjustment, algorithmOf, type Check, type Micros, type Outcome } from '@headgate/core'
import { type Adjustments, type Decisions, receiptOf } from './calls.ts'
import type { Place } from './keys.ts'
import { createList, type Reader, readerOf, type Sent } from './list.ts'

/** Decisions that ask the same of the same key at the same time, one after the other; or one of another kind. */
export interface Repeated {
  readonly call: Decisions
  times: number
}

/** Gathers equal decisions, so that they are told, decided and answered as one with a count. */
export function repeatsOf(calls: readonly Decisions[]): readonly Repeated[] {
  const repeats: Repeated[] = []
  let last: Repeated | undefined
  for (const call of calls) {
    if (last !== undefined && areEqual(last.call, call)) last.times++
    else {
      last = { call, times: 1 }
      repeats.push(last)
    }
  }
  return repeats
}

function areEqual(one: Decisions, other: Decisions): boolean {
  if (one.items.length !== 1 || other.items.length !== 1) return false
  const [a, b] = [one.items[0] as Check, other.items[0] as Check]
  return (
    one.places[0]?.key === other.places[0]?.key &&
    a.rule === b.rule &&
    a.cost === b.cost &&
    one.now === other.now
  )
}

/** Decisions as src/scripts/decide.lua wants them. */
export function writeDecisions(repeats: readonly Repeated[]): Sent {
  const list = createList()
  for (const { call, times } of repeats) {
    const { items, places, now } = call
    list.add(now ?? -1)
    const single = items.length === 1
    list.add(single ? 0 : items.length)
    if (single) list.add(times)
    for (let i = 0; i < items.length; i++) {
      const { rule, cost, shadow } = items[i] as Check
      list.addState(places[i] as Place, rule)
      list.add(cost)
      if (!single) list.add(shadow ? 1 : 0)
    }
  }
  return list.sent()
}

/** The reply to {@link writeDecisions}, an outcome for each call. */
export function readDecisions(reply: unknown, repeats: readonly Repeated[]): Outcome[] {
  const answers = readerOf(reply)
  const outcomes: Outcome[] = []
  for (const { call, times } of repeats) {
    const { items, now = answers.serverTime } = call
    if (items.length === 1) readEqual(answers, items[0] as Check, now, times, outcomes)
    else {
      const results = items.map(({ rule }) => ({ allowed: answers.next() === 1, cells: answers.state(rule) }))
      outcomes.push({ now, results })
    }
  }
  return outcomes
}

/** The states between the first and the last of equal decisions are as core makes them of the state before. */
function readEqual(answers: Reader, check: Check, now: Micros, times: number, outcomes: Outcome[]): void {
  const { rule, cost } = check
  const allowed = answers.next()
  const cells = times > 1 ? answers.state(rule) : []
  const after = answers.state(rule)
  for (let i = 1; i <= times; i++) {
    if (i < allowed && cost > 0) {
      algorithmOf(rule).take(rule, cells, 0, now, cost)
      outcomes.push({ now, results: [{ allowed: true, cells: [...cells] }] })
    } else outcomes.push({ now, results: [{ allowed: i <= allowed, cells: after }] })
  }
}

/** Changes as src/scripts/adjust.lua wants them. */
export function writeAdjustments({ items, places, now }: Adjustments): Sent {
  const list = createList()
  list.add(now ?? -1)
  list.add(items.length)
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as Adjustment
    list.addState(places[i] as Place, item.rule)
    list.add(item.units)
    for (const number of receiptOf(item)) list.add(number)
  }
  return list.sent()
}

/** The reply to {@link writeAdjustments}. */
export function readAdjustments(reply: unknown, { items, now }: Adjustments): Outcome {
  const answers = readerOf(reply)
  const results = items.map(({ rule }) => ({ allowed: true, cells: answers.state(rule) }))
  return { now: now ?? answers.serverTime, results }
}
