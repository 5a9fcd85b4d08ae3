import type { Check, Limit, Micros, Store } from '@headgate/core'
import { type Arbitrary, array, boolean, constant, record } from 'fast-check'
import { type Cost, costOf, costs } from '../arbitraries/costs.ts'
import { limits } from '../arbitraries/limits.ts'
import { forwardSteps, type Step, starts, timeFrom } from '../arbitraries/steps.ts'
import { expectSame, expectThat, type Figures } from '../figures.ts'
import { type Law, type LawName, law } from '../law.ts'
import { ruleAt } from '../rule-figures.ts'
import { type Reading, read, type Subject, subjectAt } from '../subject.ts'

/** One limit of a call, and what is asked of it in each of the calls. */
interface Part {
  readonly limit: Limit
  readonly costs: readonly Cost[]
  readonly shadow: boolean
}

/** Calls that each ask every part. */
interface Calls {
  readonly start: Micros
  readonly steps: readonly Step[]
  readonly parts: readonly Part[]
}

const CALLS = 4
/** Subjects of one call, which a careless store could take for one. */
const ACROSS = ['u', 'u\0', '{u}'] as const

function callsOf(shadow: Arbitrary<boolean>): Arbitrary<Calls> {
  const exactly = { minLength: CALLS, maxLength: CALLS }
  return record({
    start: starts,
    steps: array(forwardSteps, exactly),
    parts: array(record({ limit: limits, costs: array(costs, exactly), shadow }), {
      minLength: 2,
      maxLength: 3,
    }),
  })
}

export const allOrNothing: Law = several(
  'all or nothing',
  'A call under several limits takes from all of them, or leaves all as they were.',
  constant(false),
  () => 'u',
)

export const allOrNothingAcrossSubjects: Law = several(
  'all or nothing across subjects',
  'The same where the limits of a call count different subjects, such as a user and an address.',
  constant(false),
  (i) => ACROSS[i] as string,
)

export const aShadowCheckNeverDenies: Law = several(
  'a shadow check never denies',
  'A limit that is tried out takes where it can, says what it would have done, and stops nobody.',
  boolean(),
  () => 'u',
)

/** Each part has a twin that is asked by itself, and only for what the call should have taken. */
function several(
  name: LawName,
  meaning: string,
  shadow: Arbitrary<boolean>,
  idOf: (i: number) => string,
): Law {
  return law(name, meaning, callsOf(shadow), async (store, { start, steps, parts }, run) => {
    const together = parts.map(({ limit }, i) => subjectAt(store, limit, `${run}/${i}`, idOf(i)))
    const twins = parts.map(({ limit }, i) => subjectAt(store, limit, `${run}/${i}`, `twin of ${idOf(i)}`))
    const time = timeFrom(start)
    let answer: Figures | undefined
    for (const [n, step] of steps.entries()) {
      const now = time.move(step, ruleAt((parts[0] as Part).limit, time.now), answer)
      const readings = await decide(store, parts, together, n, now)
      const allowed = readings.every((reading, i) => reading.allowed || parts[i]?.shadow)
      for (const [i, reading] of readings.entries()) {
        const what = `call ${n}, limit ${i}`
        const twin = twins[i] as Subject
        const { limit, costs: wanted } = parts[i] as Part
        const units = costOf(wanted[n] ?? 0, ruleAt(limit, now))
        const { figures } = await twin.look(now)
        const fits = units <= figures.remaining && (units > 0 || figures.allowed)
        expectThat(
          reading.allowed === fits,
          `${what}: says ${reading.allowed} to ${units} by itself, not ${fits}`,
        )
        if (allowed && fits) await twin.take(units, now)
        const [after, expected] = await Promise.all([(together[i] as Subject).look(now), twin.look(now)])
        expectSame(`${what}, which is ${allowed ? '' : 'not '}to take`, after.figures, expected.figures)
      }
      answer = readings.find((reading) => !reading.allowed)?.figures ?? readings[0]?.figures
    }
  })
}

async function decide(
  store: Store,
  parts: readonly Part[],
  subjects: readonly Subject[],
  n: number,
  now: Micros,
): Promise<readonly Reading[]> {
  const checks = parts.map(({ limit, costs: wanted, shadow }, i): Check => {
    const rule = ruleAt(limit, now)
    return { ...(subjects[i] as Subject).key, rule, cost: costOf(wanted[n] ?? 0, rule), shadow }
  })
  const outcome = await store.decide(checks, now)
  return checks.map((check, i) => read(check, outcome, i))
}
