import { array, boolean, record } from 'fast-check'
import { costOf, costs } from '../arbitraries/costs.ts'
import { histories, replay } from '../arbitraries/histories.ts'
import { limits, maybeLimits } from '../arbitraries/limits.ts'
import { starts, steps, timeFrom } from '../arbitraries/steps.ts'
import { expectSame, type Figures } from '../figures.ts'
import { type Law, law } from '../law.ts'
import { ruleAt } from '../rule-figures.ts'
import { subjectAt } from '../subject.ts'

export const costZeroChangesNothing: Law = law(
  'cost 0 changes nothing',
  'Looking leaves no trace, whenever one looks and under whichever limit.',
  record({
    limit: limits,
    start: starts,
    calls: array(record({ step: steps, cost: costs, look: boolean(), under: maybeLimits }), {
      maxLength: 12,
    }),
  }),
  async (store, { limit, start, calls }, run) => {
    const watched = subjectAt(store, limit, run, 'watched')
    const alone = subjectAt(store, limit, run, 'alone')
    const time = timeFrom(start)
    let answer: Figures | undefined
    for (const { step, cost, look, under } of calls) {
      const now = time.move(step, ruleAt(limit, time.now), answer)
      const units = costOf(cost, ruleAt(limit, now))
      if (look) await watched.look(now, under)
      const [seen, unseen] = await Promise.all([watched.take(units, now), alone.take(units, now)])
      expectSame(`${units} at ${now}, looked at before or not`, seen.figures, unseen.figures)
      answer = unseen.figures
    }
  },
)

export const aDenialLeavesNoDebt: Law = law(
  'a denial leaves no debt',
  'After a denial everything is as it would be if nobody had asked.',
  record({
    limit: limits,
    start: starts,
    history: histories,
    calls: array(record({ step: steps, cost: costs }), { minLength: 1, maxLength: 8 }),
  }),
  async (store, { limit, start, history, calls }, run) => {
    const eager = subjectAt(store, limit, run, 'eager')
    const modest = subjectAt(store, limit, run, 'modest')
    const time = timeFrom(start)
    await replay(history, limit, time, [eager, modest])
    let answer: Figures | undefined
    for (const { step, cost } of calls) {
      const now = time.move(step, ruleAt(limit, time.now), answer)
      const units = costOf(cost, ruleAt(limit, now))
      const { allowed, figures } = await eager.take(units, now)
      if (allowed) await modest.take(units, now)
      const [after, without] = await Promise.all([eager.look(now), modest.look(now)])
      expectSame(
        `after ${units} was ${allowed ? 'allowed' : 'denied'} at ${now}`,
        after.figures,
        without.figures,
      )
      answer = figures
    }
  },
)
