import type { Limit, Micros, Outcome } from '@headgate/core'
import { array, constantFrom, record } from 'fast-check'
import { type Call, programs } from '../arbitraries/programs.ts'
import { timeFrom } from '../arbitraries/steps.ts'
import { expectThat, type Figures } from '../figures.ts'
import { limitOf } from '../follow.ts'
import { type Law, type LawName, law } from '../law.ts'
import {
  answerAt,
  type Charge,
  chargesOf,
  type Request,
  readingsOf,
  requestOf,
  type States,
  send,
} from '../request.ts'
import { ruleAt } from '../rule-figures.ts'

/** A call that was under way with others, and its answer. */
interface Answered {
  readonly n: number
  readonly call: Call
  readonly request: Request
  readonly now: Micros
  readonly outcome: Outcome | undefined
}

/** Where a store may have been: the calls that had yet to have their turn, and the states that the others left. */
interface Place {
  readonly left: readonly Answered[]
  readonly states: States
}

/** Which of the calls that are left may be the next that the store decided. */
type Next = (left: readonly Answered[]) => readonly Answered[]

export const callsAtOnceAreAsOneByOne: Law = atOnce(
  'calls at once are as one by one',
  'Calls that are under way together are answered as if each had come after another, in some order.',
  { width: 4, next: (left) => left },
)

export const callsKeepTheirOrder: Law = atOnce(
  'calls keep their order',
  'Calls that are made without waiting are answered as if each had waited for the one before.',
  { width: 30, next: (left) => left.slice(0, 1) },
  { promise: 'ordered' },
)

/** Programs of whose calls most aren't waited for, at most `width` together. */
function atOnce(
  name: LawName,
  meaning: string,
  { width, next }: { width: number; next: Next },
  options: { promise?: 'ordered' } = {},
): Law {
  const waits = array(constantFrom(true, false, false), { minLength: 30, maxLength: 30 })
  return law(
    name,
    meaning,
    record({ program: programs, waits }),
    async (store, { program, waits }, run) => {
      const limits: Limit[] = [...program.limits]
      const time = timeFrom(program.start)
      const charges: Charge[] = []
      let underWay: Promise<Answered>[] = []
      let places: readonly States[] = [new Map()]
      let answer: Figures | undefined

      const waitForAll = async (): Promise<void> => {
        const answered = await Promise.all(underWay)
        underWay = []
        places = placesAfter(places, answered, next)
        expectThat(places.length > 0, `No such order has these answers: ${answered.map(tell).join('; ')}`)
        for (const { call, request, outcome } of answered) {
          const readings = readingsOf(request, outcome)
          charges.push(...chargesOf(call, request, readings))
          answer = readings[0]?.figures ?? answer
        }
      }

      for (const [n, { step, call }] of program.calls.entries()) {
        if (call.kind === 'change') limits[call.limit] = call.to
        const now = time.move(step, ruleAt(limits[limitOf(call)] as Limit, time.now), answer)
        const request = requestOf(call, run, charges, limits, now)
        if (request === undefined) continue
        underWay.push(send(store, request, now).then((outcome) => ({ n, call, request, now, outcome })))
        if (waits[n] || underWay.length === width) await waitForAll()
      }
      await waitForAll()
    },
    options,
  )
}

/** Where a store may be after these answers; nowhere if no order explains them. */
function placesAfter(before: readonly States[], answered: readonly Answered[], next: Next): States[] {
  let places = before.map((states): Place => ({ left: answered, states }))
  for (const _ of answered) {
    const after = new Map<string, Place>()
    for (const { left, states } of places) {
      for (const one of next(left)) {
        const model = answerAt(states, one.request, one.now)
        if (figuresIn(one.request, model.outcome) !== figuresIn(one.request, one.outcome)) continue
        const place = { left: left.filter((other) => other !== one), states: model.states }
        after.set(nameOf(place), place)
      }
    }
    places = [...after.values()]
  }
  return places.map(({ states }) => states)
}

/** Two places with one name are one. */
function nameOf({ left, states }: Place): string {
  return JSON.stringify([left.map(({ n }) => n), [...states].sort(([a], [b]) => (a < b ? -1 : 1))])
}

function figuresIn(request: Request, outcome: Outcome | undefined): string {
  return JSON.stringify(readingsOf(request, outcome).map(({ now, figures }) => [now, figures]))
}

function tell({ n, request, outcome }: Answered): string {
  return `call ${n}, ${request.verb}, ${figuresIn(request, outcome)}`
}
