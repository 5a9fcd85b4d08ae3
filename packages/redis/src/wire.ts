import { type Adjustment, algorithmOf, type Check, type Micros, type Outcome } from '@headgate/core'
import { type Adjustments, type Decisions, receiptOf } from './calls.ts'
import type { Place } from './keys.ts'
import { createList, type Reader, readerOf, type Sent } from './list.ts'
import type { Repeated } from './repeats.ts'

/** Decisions as src/scripts/decide.lua wants them. */
export function writeDecisions(repeats: readonly Repeated<Decisions>[]): Sent {
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
export function readDecisions(reply: unknown, repeats: readonly Repeated<Decisions>[]): Outcome[] {
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
