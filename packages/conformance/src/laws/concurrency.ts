import type { Check, Limit, Micros, Rule } from '@headgate/core'
import { array, boolean, option, record } from 'fast-check'
import { costOf, fittingCosts } from '../arbitraries/costs.ts'
import { limits } from '../arbitraries/limits.ts'
import { starts } from '../arbitraries/steps.ts'
import { expectThat } from '../figures.ts'
import { type Law, law } from '../law.ts'
import { capacityOf, ruleAt } from '../rule-figures.ts'
import { subjectAt } from '../subject.ts'

export const concurrentCallsAdmitExactlyTheLimit: Law = law(
  'concurrent calls admit exactly the limit',
  'Of calls that are under way at once, as many are let in as fit: not one more, and none is denied that would have fit.',
  record({
    limit: limits,
    second: option(limits, { nil: undefined }),
    start: starts,
    calls: array(record({ cost: fittingCosts, reversed: boolean() }), {
      minLength: 2,
      maxLength: 24,
      size: 'max',
    }),
  }),
  async (store, { limit, second, start, calls }, run) => {
    // Two limits are asked in either order, so that calls that wait for one another's keys would never end.
    const subjects = [limit, ...(second ? [second] : [])].map((each, i) => ({
      limit: each,
      subject: subjectAt(store, each, `${run}/${i}`),
    }))
    const units = calls.map(({ cost }) => costOf(cost, smallest([limit, second ?? limit], start)))
    const outcomes = await Promise.all(
      calls.map(({ reversed }, n) => {
        const checks = subjects.map(({ limit: each, subject }): Check => {
          return { ...subject.key, rule: ruleAt(each, start), cost: units[n] ?? 0 }
        })
        return store.decide(reversed ? checks.reverse() : checks, start)
      }),
    )
    const allowed = outcomes.map(({ results }) => results.every((result) => result.allowed))
    const admitted = units.reduce((sum, cost, n) => (allowed[n] ? sum + cost : sum), 0)
    const capacity = capacityOf(smallest([limit, second ?? limit], start))
    expectThat(admitted <= capacity, `${admitted} were let in at once, of ${capacity}`)
    const denied = units.filter((_, n) => !allowed[n])
    const left = capacity - admitted
    for (const cost of denied)
      expectThat(cost > left, `${cost} was denied, and ${left} of ${capacity} are left`)
    for (const { limit: each, subject } of subjects) {
      const { used } = (await subject.look(start)).figures
      expectThat(
        used === admitted,
        `${admitted} were let in at once under ${JSON.stringify(each)}, and ${used} count`,
      )
    }
  },
)

/** The limit that decides, where each starts from nothing and is asked for the same. */
function smallest(limits: readonly Limit[], now: Micros): Rule {
  const rules = limits.map((limit) => ruleAt(limit, now))
  return rules.reduce((least, rule) => (capacityOf(rule) < capacityOf(least) ? rule : least))
}
