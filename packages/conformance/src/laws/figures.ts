import { record } from 'fast-check'
import { costOf, fittingCosts } from '../arbitraries/costs.ts'
import { histories, replay } from '../arbitraries/histories.ts'
import { limits } from '../arbitraries/limits.ts'
import { LAST_START, starts, timeFrom } from '../arbitraries/steps.ts'
import { expectSame, expectThat } from '../figures.ts'
import { type Law, law } from '../law.ts'
import { capacityOf, spanOf } from '../rule-figures.ts'
import { subjectAt } from '../subject.ts'

export const retryIsTight: Law = law(
  'retry is tight',
  'What is denied is denied until one microsecond before the time that the denial names, and allowed at that time.',
  record({ limit: limits, start: starts, history: histories, cost: fittingCosts }),
  async (store, { limit, start, history, cost }, run) => {
    const subject = subjectAt(store, limit, run)
    const time = timeFrom(start)
    await replay(history, limit, time, [subject])
    const { now } = time
    const { figures, rule } = await subject.look(now)
    if (figures.remaining > 0) await subject.take(figures.remaining, now)
    const units = costOf(cost, rule)
    const denied = await subject.take(units, now)
    expectThat(!denied.allowed, `${units} was allowed at ${now}, when all that remained had just been taken`)
    const { fitsAt } = denied.figures
    if (fitsAt === null) {
      expectThat(
        units > capacityOf(rule),
        `${units} is said to fit never, under a limit of ${capacityOf(rule)}`,
      )
      expectThat(
        !(await subject.take(units, now + spanOf(rule))).allowed,
        `${units}, which fits never, was allowed`,
      )
      return
    }
    expectThat(fitsAt > now, `${units} was denied at ${now}, and told to come back at ${fitsAt}`)
    if (fitsAt > LAST_START) return
    const early = await subject.take(units, fitsAt - 1)
    expectThat(
      !early.allowed,
      `${units} was told to come back at ${fitsAt}, and allowed a microsecond before`,
    )
    expectThat(
      early.figures.fitsAt === fitsAt,
      `the time to come back moved from ${fitsAt} to ${early.figures.fitsAt}`,
    )
    expectThat(
      (await subject.take(units, fitsAt)).allowed,
      `${units} was told to come back at ${fitsAt}, and denied`,
    )
  },
)

export const remainingIsExact: Law = law(
  'remaining is exact',
  'Where r units remain, r pass, r + 1 don’t, and none remains after.',
  record({ limit: limits, start: starts, history: histories }),
  async (store, { limit, start, history }, run) => {
    const subject = subjectAt(store, limit, run)
    const time = timeFrom(start)
    await replay(history, limit, time, [subject])
    const { now } = time
    const { remaining } = (await subject.look(now)).figures
    if (remaining < Number.MAX_SAFE_INTEGER) {
      expectThat(
        !(await subject.take(remaining + 1, now)).allowed,
        `${remaining} remained, and 1 more was allowed`,
      )
    }
    if (remaining === 0) return
    const taken = await subject.take(remaining, now)
    expectThat(taken.allowed, `${remaining} remained, and was denied`)
    expectThat(taken.figures.remaining === 0, `${taken.figures.remaining} remain after all was taken`)
  },
)

export const takesAddUp: Law = law(
  'takes add up',
  'Taking a and then b, at the same time, is taking a + b.',
  record({ limit: limits, start: starts, history: histories, a: fittingCosts, b: fittingCosts }),
  async (store, { limit, start, history, a, b }, run) => {
    const apart = subjectAt(store, limit, run, 'apart')
    const atOnce = subjectAt(store, limit, run, 'at once')
    const time = timeFrom(start)
    await replay(history, limit, time, [apart, atOnce])
    const { now } = time
    const { rule } = await apart.look(now)
    const [first, second] = [costOf(a, rule), costOf(b, rule)]
    if (first + second > Number.MAX_SAFE_INTEGER) return
    const both = (await apart.take(first, now)).allowed && (await apart.take(second, now)).allowed
    const sum = await atOnce.take(first + second, now)
    expectThat(both === sum.allowed, `${first} and ${second}: ${both}; ${first + second}: ${sum.allowed}`)
    if (!both) return
    for (const at of [now, now + Math.floor(spanOf(rule) / 3)]) {
      const what = `after ${first} and ${second} against ${first + second}`
      expectSame(what, (await apart.look(at)).figures, (await atOnce.look(at)).figures)
    }
  },
)
