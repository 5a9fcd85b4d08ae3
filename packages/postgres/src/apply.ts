import type { Micros, Outcome, Result } from '@headgate/core'
import { createRuleBook, list, SEPARATOR } from './arguments.ts'
import { type Call, isPlain, tell } from './calls.ts'
import { numbersIn } from './numbers-in.ts'
import { MORE, RECEIPT } from './questions.ts'

/** The call of the server's `apply`, which answers everything: see `functions/apply.ts`. `schema` is quoted. */
export function applyText(schema: string): string {
  return `SELECT ${schema}.apply(string_to_array($1, chr(31)), $2, $3, $4, $5, $6, $7, $8)::text AS answer`
}

export function applyValues(calls: readonly Call[], patience: number): unknown[] {
  const { slots, locking } = slotsOf(calls)
  const rules = createRuleBook()
  const receipts: string[] = []
  const times: Micros[] = []
  const asks: number[] = []
  let timed = false

  for (const { question, places, plain } of calls) {
    const { parts, now } = question
    if (now !== undefined) timed = true
    times.push(now ?? -1)
    const often = plain === undefined ? 0 : places.length
    let left = parts.length
    for (const { key, rule, amount, how, receipt } of parts) {
      const part = rule === undefined ? 0 : rules.placeOf(rule)
      const more = --left > 0 ? MORE : 0
      const place = receipt === undefined ? 0 : receipts.push(receipt)
      asks.push(slots.get(key) as number, part, amount, how + more + place * RECEIPT, often)
    }
  }
  const keys = [...slots.keys()].join(SEPARATOR)
  const all = [keys, locking, rules.numbers(), rules.units(), list(asks)]
  return [...all, list(timed ? times : []), list(receipts), patience]
}

/** Each key's place, from 1 on: first those that may be written, and so are locked, then those that are only looked at. */
function slotsOf(calls: readonly Call[]): { readonly slots: Map<string, number>; readonly locking: number } {
  const slots = new Map<string, number>()
  const looked: string[] = []
  for (const { question } of calls) {
    for (const { key, amount, rule } of question.parts) {
      if (amount === 0 && rule !== undefined) looked.push(key)
      else if (!slots.has(key)) slots.set(key, slots.size + 1)
    }
  }
  const locking = slots.size
  for (const key of looked) if (!slots.has(key)) slots.set(key, slots.size + 1)
  return { slots, locking }
}

/** Puts what `apply` answered where its questions stand; returns how many keys are new. */
export function readApplied(calls: readonly Call[], answer: string, outcomes: Outcome[]): number {
  const numbers = numbersIn(answer)
  let at = 0
  const next = (): number => numbers[at++] as number
  const clock = next()
  const added = next()

  for (const call of calls) {
    if (isPlain(call)) {
      tell(call, next(), next(), next(), clock, outcomes)
      continue
    }
    const results: Result[] = []
    for (const { rule } of call.question.parts) {
      if (rule === undefined) continue
      const allowed = next() === 1
      const cells = new Array<number>(rule.width === 0 ? next() : rule.width)
      for (let i = 0; i < cells.length; i++) cells[i] = next()
      results.push({ allowed, cells })
    }
    outcomes[call.places[0] as number] = { now: call.question.now ?? clock, results }
  }
  return added
}
