import type { Micros, Outcome } from '@headgate/core'
import type { Question } from './questions.ts'
import type { EncodedRule } from './rules.ts'

/** What the server is asked at one place: a question, or several that are the same plain check of a meter. */
export interface Call {
  readonly question: Question
  /** Where its questions stand among all. */
  readonly places: number[]
  readonly repeated?: Repeated
}

/** A check by itself, which the server answers with how often it fits. */
interface Repeated {
  readonly key: string
  readonly rule: EncodedRule
  readonly amount: number
  readonly now: Micros | undefined
}

/** A call that is a {@link Repeated}. */
export type PlainCall = Call & { readonly repeated: Repeated }

/** Gathers what is the same. At each key the order of questions is kept. */
export function callsOf(questions: readonly Question[]): Call[] {
  const calls: Call[] = []
  const latest = new Map<string, Call>()
  for (const [place, question] of questions.entries()) {
    const { parts, now } = question
    const [first] = parts
    if (first === undefined) continue
    const { key, rule, amount, how } = first
    if (parts.length === 1 && how === 0 && rule !== undefined && rule.den > 0) {
      const before = latest.get(key)
      if (before?.repeated !== undefined && isSame(before.repeated, rule, amount, now))
        before.places.push(place)
      else {
        const call = { question, places: [place], repeated: { key, rule, amount, now } }
        calls.push(call)
        latest.set(key, call)
      }
    } else {
      const call = { question, places: [place] }
      calls.push(call)
      for (const part of parts) latest.set(part.key, call)
    }
  }
  return calls
}

function isSame(before: Repeated, rule: EncodedRule, amount: number, now: Micros | undefined): boolean {
  return before.rule === rule && before.amount === amount && before.now === now
}

/** Whether all are plain checks that can fit, each of another key. */
export function arePlain(calls: readonly Call[]): calls is readonly PlainCall[] {
  const keys = new Set<string>()
  for (const { repeated } of calls) {
    if (repeated === undefined || repeated.amount === 0) return false
    if (repeated.amount > repeated.rule.capacity || keys.has(repeated.key)) return false
    keys.add(repeated.key)
  }
  return true
}

/**
 * Tells each question of a call what it was: the first so many fitted, and each of them found the level that the one before
 * had left.
 */
export function tell(
  { places, repeated }: PlainCall,
  taken: number,
  [ts, level]: readonly [ts: number, level: number],
  clock: Micros,
  outcomes: Outcome[],
): void {
  const now = repeated.now ?? clock
  const charge = repeated.amount * repeated.rule.den
  for (const [i, place] of places.entries()) {
    const allowed = i < taken
    const cells = [ts, allowed ? level - (taken - 1 - i) * charge : level]
    outcomes[place] = { now, results: [{ allowed, cells }] }
  }
}

export function isPlain(call: Call): call is PlainCall {
  return call.repeated !== undefined
}
