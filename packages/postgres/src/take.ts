import type { Micros, Outcome } from '@headgate/core'
import { readApplied } from './apply.ts'
import { createRuleBook, list, SEPARATOR } from './arguments.ts'
import { type PlainCall, tell } from './calls.ts'
import { numbersIn } from './numbers-in.ts'

/** The call of the server's `take`, which answers what is commonest: see `functions/take.ts`. `schema` is quoted. */
export function takeText(schema: string): string {
  return `SELECT ${schema}.take(string_to_array($1, chr(31)), $2, $3, $4, $5, $6, $7) AS answer`
}

export function takeValues(calls: readonly PlainCall[], patience: number): unknown[] {
  const rules = createRuleBook()
  const keys: string[] = []
  const parts: number[] = []
  const oftens: number[] = []
  const times: Micros[] = []
  let timed = false
  for (const { question, plain, places } of calls) {
    const { now } = question
    keys.push(plain.key)
    parts.push(rules.placeOf(plain.rule, plain.amount))
    oftens.push(places.length)
    times.push(now ?? -1)
    if (now !== undefined) timed = true
  }
  const lists = [list(parts), list(oftens), list(timed ? times : [])]
  return [keys.join(SEPARATOR), ...lists, rules.numbers(), rules.units(), patience]
}

/** The call of the server's `take_one`, for one key: see `functions/take-one.ts`. It answers as `take` does. */
export function takeOneText(schema: string): string {
  return `SELECT ${schema}.take_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS answer`
}

export function takeOneValues({ question, plain, places }: PlainCall, patience: number): unknown[] {
  const { key, rule, amount } = plain
  const { tick, num, den, cap } = rule.meter
  return [key, places.length, question.now, rule.units, tick, num, den, cap, amount, patience]
}

/** Puts what was answered where its questions stand; returns how many keys are new. */
export function readTaken(calls: readonly PlainCall[], answer: string, outcomes: Outcome[]): number {
  const [now, taken = '', rest = ''] = answer.split('/')
  const clock = Number(now)
  const left: (PlainCall | undefined)[] = rest === '' ? [] : [...calls]
  const numbers = numbersIn(taken)
  let added = 0
  for (let at = 0; at < numbers.length; at += 3) {
    const [note, ts, level] = [numbers[at] as number, numbers[at + 1] as number, numbers[at + 2] as number]
    const place = (note >> 22) - 1
    tell(calls[place] as PlainCall, (note >> 12) & 1023, ts, level, clock, outcomes)
    if ((note & 4095) > 0) added++
    left[place] = undefined
  }
  if (rest === '') return added
  const others = left.filter((call) => call !== undefined)
  return added + readApplied(others, rest, outcomes)
}
