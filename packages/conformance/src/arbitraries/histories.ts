import type { Limit, Micros } from '@headgate/core'
import { type Arbitrary, array, constant, oneof, record } from 'fast-check'
import type { Figures } from '../figures.ts'
import { ruleAt } from '../rule-figures.ts'
import type { Reading, Subject } from '../subject.ts'
import { type Cost, costOf, costs, debts } from './costs.ts'
import { forwardSteps, type Step, steps, type Time } from './steps.ts'

/** A call on one key: takes if it can, or charges whether it fits or not. */
export interface Event {
  readonly step: Step
  readonly cost: Cost
  readonly forced: boolean
}

function eventsOf(moves: Arbitrary<Step>): Arbitrary<Event> {
  const takes = record({ step: moves, cost: costs, forced: constant(false) })
  const charges = record({ step: moves, cost: debts, forced: constant(true) })
  return oneof({ weight: 6, arbitrary: takes }, { weight: 1, arbitrary: charges })
}

/** What happened to a key before a law looks at it. */
export const histories: Arbitrary<readonly Event[]> = array(eventsOf(steps), { maxLength: 7 })

/** The same, by a clock that never goes back. */
export const forwardHistories: Arbitrary<readonly Event[]> = array(eventsOf(forwardSteps), { maxLength: 7 })

/** Lets a history happen to each subject alike. */
export async function replay(
  history: readonly Event[],
  limit: Limit,
  time: Time,
  subjects: readonly Subject[],
): Promise<void> {
  let answer: Figures | undefined
  for (const event of history) {
    const now = time.move(event.step, ruleAt(limit, time.now), answer)
    const readings = await Promise.all(subjects.map((subject) => happen(event, limit, now, subject)))
    answer = readings[0]?.figures
  }
}

function happen({ cost, forced }: Event, limit: Limit, now: Micros, subject: Subject): Promise<Reading> {
  const units = costOf(cost, ruleAt(limit, now))
  return forced ? subject.charge(Math.max(1, units), now) : subject.take(units, now)
}
