import { expiresAt, type Limit, MAX_LEAD, type Micros, type Outcome } from '@headgate/core'
import { array, integer, option, record } from 'fast-check'
import { costOf, costs, fittingCosts } from '../arbitraries/costs.ts'
import { limits } from '../arbitraries/limits.ts'
import { setBackPrograms } from '../arbitraries/programs.ts'
import { FAR_BACK, forwardSteps, LAST_START, starts, timeFrom } from '../arbitraries/steps.ts'
import { expectSame, expectThat, type Figures } from '../figures.ts'
import { follow, type Port } from '../follow.ts'
import { type Law, law } from '../law.ts'
import { answerAt, type Request, type States } from '../request.ts'
import { capacityOf, ruleAt, spanOf } from '../rule-figures.ts'
import { subjectAt } from '../subject.ts'

export const aLaggingClockGainsNothing: Law = law(
  'a lagging clock gains nothing',
  'A call whose clock is up to 60 s behind a charge is let in only where it would be at the time of that charge, and counts from then.',
  record({
    limit: limits,
    start: starts,
    calls: array(
      record({
        step: forwardSteps,
        cost: costs,
        lag: option(integer({ min: 1, max: MAX_LEAD }), { nil: 0 }),
      }),
      { maxLength: 10 },
    ),
  }),
  async (store, { limit, start, calls }, run) => {
    const lagging = subjectAt(store, limit, run, 'lagging')
    const punctual = subjectAt(store, limit, run, 'punctual')
    const time = timeFrom(start)
    let charged: Micros = 0
    let answer: Figures | undefined
    for (const { step, cost, lag } of calls) {
      time.move(step, ruleAt(limit, time.now), answer)
      const [behind, now] = [time.now - lag, Math.max(time.now - lag, charged)]
      const units = costOf(cost, ruleAt(limit, now))
      const { allowed, figures } = await lagging.take(units, behind)
      answer = figures
      if (!allowed || units === 0) continue
      const what = `${units} at ${behind}, behind the charge at ${charged},`
      expectThat((await punctual.take(units, now)).allowed, `${what} was allowed, and would not be at ${now}`)
      const [late, expected] = await Promise.all([lagging.look(now), punctual.look(now)])
      expectSame(`${what} against the same at ${now}`, late.figures, expected.figures)
      charged = now
    }
  },
)

export const aClockSetBackLocksNobodyOut: Law = law(
  'a clock set back locks nobody out',
  'When the clock is set back by more than 60 s, a key waits no longer than its limit takes to renew itself, and those 60 s.',
  record({
    limit: limits,
    start: starts,
    before: array(record({ step: forwardSteps, cost: costs }), { maxLength: 4 }),
    back: integer({ min: MAX_LEAD + 1_000_000, max: 400 * 86_400_000_000 }),
    cost: fittingCosts,
    again: integer({ min: 0, max: 99 }),
  }),
  async (store, { limit, start, before, back, cost, again }, run) => {
    const subject = subjectAt(store, limit, run)
    const time = timeFrom(start)
    let answer: Figures | undefined
    for (const { step, cost: wanted } of before) {
      const now = time.move(step, ruleAt(limit, time.now), answer)
      answer = (await subject.take(costOf(wanted, ruleAt(limit, now)), now)).figures
    }
    const { remaining } = (await subject.look(time.now)).figures
    if (remaining > 0) await subject.take(remaining, time.now)

    const now = time.now - back
    const units = costOf(cost, ruleAt(limit, now))
    const { allowed, figures } = await subject.take(units, now)
    const { fitsAt } = figures
    if (allowed || units > capacityOf(ruleAt(limit, now))) return
    const latest = now + MAX_LEAD + longestWait(limit, now)
    expectThat(
      fitsAt !== null && fitsAt <= latest,
      `told at ${now} to come back at ${fitsAt}, later than ${latest}`,
    )
    if (fitsAt === null || fitsAt > LAST_START) return
    await subject.take(units, now + Math.floor(((fitsAt - now) / 100) * again))
    expectThat(
      (await subject.take(units, fitsAt)).allowed,
      `told at ${now} to come back at ${fitsAt}, and denied then`,
    )
  },
)

export const aClockSetBackIsFollowed: Law = law(
  'a clock set back is followed',
  'However far the clock is set back, every answer is what the pure functions say, as long as no state was due to expire.',
  setBackPrograms,
  async (store, program, run) => {
    let states: States = new Map()
    const answer = (request: Request, now: Micros = 0): Outcome | undefined => {
      const answered = answerAt(states, request, now)
      states = answered.states
      return answered.outcome
    }
    const model: Port['store'] = {
      decide: async (on, now) => answer({ verb: 'decide', on }, now) as Outcome,
      adjust: async (on, now) => answer({ verb: 'adjust', on }, now) as Outcome,
      delete: async (on) => void answer({ verb: 'delete', on }),
    }
    const endsAt = (latest: Micros) => [...states.values()].some((state) => expiresAt(state) <= latest)
    const actual = { name: store.name, scope: run, store }
    await follow(
      program,
      actual,
      { name: 'the model', scope: run, store: model },
      { reach: FAR_BACK, endsAt },
    )
  },
)

/** How long a key without debts can have to wait. Its window may be the next one, where it is ahead by less than 60 s. */
function longestWait(limit: Limit, now: Micros): Micros {
  const rule = ruleAt(limit, now)
  if (rule.algorithm === 'meter') return spanOf(rule) + rule.tick
  if (rule.algorithm === 'sliding-window') return 2 * spanOf(rule)
  return Math.max(spanOf(rule), spanOf(ruleAt(limit, now + MAX_LEAD)))
}
