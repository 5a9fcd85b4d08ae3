import type { Micros, Outcome } from '@headgate/core'
import type { Part, Question } from './questions.ts'
import type { MeterAsSent } from './rules.ts'

/** What the server is asked at one place: a question, or several that are the same plain check of a meter. */
export interface Call {
  readonly question: Question
  /** Where its questions stand among all. */
  readonly places: number[]
  /** The check, where it is a plain one: the server answers with how often it fits. */
  readonly plain: PlainPart | undefined
}

/** A check by itself, of a meter. */
type PlainPart = Part & { readonly rule: MeterAsSent }

/** A call that is a plain check. */
export type PlainCall = Call & { readonly plain: PlainPart }

/** Gathers what is the same. At each key the order of questions is kept. */
export function callsOf(questions: readonly Question[]): Call[] {
  const calls: Call[] = []
  const latest = new Map<string, Call>()
  for (let place = 0; place < questions.length; place++) {
    const question = questions[place] as Question
    const [first] = question.parts
    if (first === undefined) continue
    const plain = question.parts.length === 1 && isPlainPart(first) ? first : undefined
    const before = plain && latest.get(plain.key)
    if (plain !== undefined && before?.plain !== undefined && isSame(before, plain, question.now)) {
      before.places.push(place)
      continue
    }
    const call = { question, places: [place], plain }
    calls.push(call)
    for (const { key } of question.parts) latest.set(key, call)
  }
  return calls
}

function isPlainPart(part: Part): part is PlainPart {
  return part.how === 0 && part.rule?.meter !== undefined
}

function isSame({ question, plain }: Call, { rule, amount }: PlainPart, now: Micros | undefined): boolean {
  return plain?.rule === rule && plain.amount === amount && question.now === now
}

/** Whether all are plain checks that can fit, each of another key. */
export function arePlain(calls: readonly Call[]): calls is readonly PlainCall[] {
  const keys = new Set<string>()
  for (const { plain } of calls) {
    if (plain === undefined || plain.amount === 0) return false
    if (plain.amount > plain.rule.meter.capacity || keys.has(plain.key)) return false
    keys.add(plain.key)
  }
  return true
}

/**
 * Tells each question of a call what it was: the first so many fitted, and each of them found the level that the one before
 * had left.
 */
export function tell(
  { question, places, plain }: PlainCall,
  taken: number,
  ts: number,
  level: number,
  clock: Micros,
  outcomes: Outcome[],
): void {
  const now = question.now ?? clock
  const charge = plain.amount * plain.rule.meter.den
  for (let i = 0; i < places.length; i++) {
    const allowed = i < taken
    const cells = [ts, allowed ? level - (taken - 1 - i) * charge : level]
    outcomes[places[i] as number] = { now, results: [{ allowed, cells }] }
  }
}

export function isPlain(call: Call): call is PlainCall {
  return call.plain !== undefined
}
