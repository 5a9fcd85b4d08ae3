import { algorithmOf, type Limit, type Rule } from '@headgate/core'
import { array, record } from 'fast-check'
import { costOf, costs } from '../arbitraries/costs.ts'
import { histories, replay } from '../arbitraries/histories.ts'
import { limits } from '../arbitraries/limits.ts'
import { LAST_START, starts, timeFrom } from '../arbitraries/steps.ts'
import { expectThat } from '../figures.ts'
import { type Law, law } from '../law.ts'
import { canCount, capacityOf } from '../rule-figures.ts'
import { type Reading, type Subject, subjectAt } from '../subject.ts'

export const aChangedLimitKeepsWhatWasUsed: Law = law(
  'a changed limit keeps what was used',
  'When a key’s limit becomes another, of whichever kind, the units in use still count, rounded up and never reset, and its waits are true.',
  record({
    limit: limits,
    start: starts,
    history: histories,
    changes: array(record({ to: limits, cost: costs }), { minLength: 1, maxLength: 4 }),
  }),
  async (store, { limit, start, history, changes }, run) => {
    const subject = subjectAt(store, limit, run)
    const time = timeFrom(start)
    await replay(history, limit, time, [subject])
    const { now } = time
    let written = await subject.look(now)
    for (const change of changes) {
      const { to, cost } = change
      const { rule, figures } = await subject.look(now, to)
      const used = carriedOver(written, rule)
      // Past what a state can hold, more than the limit is all that is known.
      if (!canCount(rule, used)) return
      expectThat(figures.used === used, `${used} were used, and ${figures.used} count under ${nameOf(to)}`)
      const left = Math.max(0, capacityOf(rule) - used)
      expectThat(
        figures.remaining === left,
        `${used} were used, and ${figures.remaining} remain under ${nameOf(to)}`,
      )
      const units = costOf(cost, rule)
      const taken = await subject.take(units, now, to)
      expectThat(
        taken.allowed === units <= capacityOf(rule) - used,
        `${units} under ${nameOf(to)}: ${taken.allowed}`,
      )
      // A denial too leaves the state in the units of the limit that was asked.
      if (units > 0) written = taken
      if (units > 0 && change === changes.at(-1)) await expectTightRetry(subject, taken, units, to)
    }
  },
)

/** Whether what was denied under a limit that is new to the key fits when the denial says, and no sooner. */
async function expectTightRetry(
  subject: Subject,
  denied: Reading,
  units: number,
  limit: Limit,
): Promise<void> {
  const { fitsAt } = denied.figures
  if (denied.allowed || fitsAt === null || fitsAt > LAST_START) return
  const early = await subject.take(units, fitsAt - 1, limit)
  expectThat(
    !early.allowed,
    `${units} was told to come back at ${fitsAt}, and allowed before, under ${nameOf(limit)}`,
  )
  const late = await subject.take(units, fitsAt, limit)
  expectThat(
    late.allowed,
    `${units} was told to come back at ${fitsAt}, and denied then, under ${nameOf(limit)}`,
  )
}

/** What the next rule must count. It reads a sliding window of its own length as it is, by its own measure of the overlap. */
function carriedOver({ rule, cells, now, figures }: Reading, next: Rule): number {
  const sameWindow =
    rule.algorithm === 'sliding-window' && next.algorithm === 'sliding-window' && rule.length === next.length
  return sameWindow ? algorithmOf(next).used(next, cells, 0, now) : figures.used
}

function nameOf(limit: Limit): string {
  return JSON.stringify(limit)
}
