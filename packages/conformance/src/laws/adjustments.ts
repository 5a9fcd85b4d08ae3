import { array, integer, record } from 'fast-check'
import { costOf, debts, fittingCosts } from '../arbitraries/costs.ts'
import { forwardHistories, histories, replay } from '../arbitraries/histories.ts'
import { limits } from '../arbitraries/limits.ts'
import { forwardSteps, LAST_START, starts, timeFrom } from '../arbitraries/steps.ts'
import { expectSame, expectThat } from '../figures.ts'
import { type Law, law } from '../law.ts'
import { canCount, capacityOf, ruleAt } from '../rule-figures.ts'
import { type Subject, subjectAt } from '../subject.ts'

export const aRefundUndoesATake: Law = law(
  'a refund undoes a take',
  'Given back at once, a take never was; later, it leaves no more room than that; after it has run out, nothing comes back.',
  record({
    limit: limits,
    start: starts,
    history: forwardHistories,
    cost: fittingCosts,
    percent: integer({ min: 1, max: 100 }),
    since: array(record({ step: forwardSteps, charge: debts }), { maxLength: 3 }),
  }),
  async (store, { limit, start, history, cost, percent, since }, run) => {
    const subject = subjectAt(store, limit, run, 'subject')
    const twin = subjectAt(store, limit, run, 'twin')
    const time = timeFrom(start)
    await replay(history, limit, time, [subject, twin])
    const { rule, figures } = await subject.look(time.now)
    const units = Math.min(costOf(cost, rule), figures.remaining)
    if (units === 0) return
    const undone = await subject.take(units, time.now)
    await subject.refund(units, undone.receipt, time.now)
    expectSame('after a refund at once', (await subject.look(time.now)).figures, figures)

    const taken = await subject.take(units, time.now)
    let answer = taken.figures
    for (const { step, charge } of since) {
      const now = time.move(step, ruleAt(limit, time.now), answer)
      const debt = Math.max(1, costOf(charge, ruleAt(limit, now)))
      if (!canCount(rule, answer.used + debt)) break
      answer = (await subject.charge(debt, now)).figures
      await twin.charge(debt, now)
    }
    await subject.refund(Math.min(Math.ceil((units / 100) * percent), units), taken.receipt, time.now)
    await expectNoMoreRoom(subject, twin, time.now)
    const over = taken.figures.emptyAt
    if (over > LAST_START) return
    const now = Math.max(time.now, over)
    await subject.charge(1, now)
    const before = await subject.look(now)
    await subject.refund(units, taken.receipt, now)
    expectSame('a refund of what had run out', (await subject.look(now)).figures, before.figures)
  },
)

/** Whether the one whose take was given back has at most as much room as the one who never took. */
async function expectNoMoreRoom(refunded: Subject, twin: Subject, now: number): Promise<void> {
  const [mine, other] = await Promise.all([refunded.look(now), twin.look(now)])
  const [actual, bound] = [mine.figures, other.figures]
  expectThat(
    actual.used >= bound.used,
    `${actual.used} are used after a refund, and ${bound.used} without the take`,
  )
  expectThat(actual.remaining <= capacityOf(mine.rule), `${actual.remaining} remain: more than the limit`)
  const sooner = (actual.nextAt ?? Number.MAX_VALUE) < (bound.nextAt ?? Number.MAX_VALUE)
  expectThat(
    !sooner,
    `one unit fits at ${actual.nextAt} after a refund, and at ${bound.nextAt} without the take`,
  )
}

export const aDebtIsPaid: Law = law(
  'a debt is paid',
  'What is charged past the limit counts in full, and denies until it has drained.',
  record({
    limit: limits,
    start: starts,
    history: histories,
    debts: array(debts, { minLength: 1, maxLength: 3 }),
    looks: array(integer({ min: 0, max: 99 }), { maxLength: 3 }),
  }),
  async (store, { limit, start, history, debts: charged, looks }, run) => {
    const subject = subjectAt(store, limit, run)
    const time = timeFrom(start)
    await replay(history, limit, time, [subject])
    const { now } = time
    const { rule, figures } = await subject.look(now)
    let { used } = figures
    for (const debt of charged) {
      const units = Math.max(1, costOf(debt, rule))
      used += units
      if (!canCount(rule, used)) return
      const after = await subject.charge(units, now)
      expectThat(
        after.figures.used === used,
        `${after.figures.used} count after a charge of ${units}, not ${used}`,
      )
    }
    const { nextAt } = (await subject.look(now)).figures
    if (nextAt === null || nextAt > LAST_START) return
    for (const percent of [...looks].sort((a, b) => a - b)) {
      const early = now + Math.floor(((nextAt - now) / 100) * percent)
      if (early < nextAt)
        expectThat(!(await subject.take(1, early)).allowed, `1 was allowed at ${early}, in debt`)
    }
    expectThat((await subject.take(1, nextAt)).allowed, `1 was denied at ${nextAt}, when the debt was paid`)
  },
)
