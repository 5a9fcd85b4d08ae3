import type { Micros, Outcome } from '@headgate/core'
import { createRuleBook, list, SEPARATOR } from './arguments.ts'
import { type PlainCall, tell } from './calls.ts'

/** The call of the server's `take`, which answers what is allowed and commonest: see `functions/take.ts`. `schema` is quoted. */
export function takeText(schema: string): string {
  return `SELECT ${schema}.take(string_to_array($1, chr(31)), $2, $3, $4, $5, $6, $7, $8)::text AS answer`
}

export function takeValues(calls: readonly PlainCall[], patience: number): unknown[] {
  const rules = createRuleBook()
  const keys: string[] = []
  const parts: number[] = []
  const costs: number[] = []
  const oftens: number[] = []
  const times: Micros[] = []
  let timed = false
  for (const { repeated, places } of calls) {
    const { key, rule, amount, now } = repeated
    keys.push(key)
    parts.push(rules.placeOf(rule))
    costs.push(amount)
    oftens.push(places.length)
    times.push(now ?? -1)
    if (now !== undefined) timed = true
  }
  const lists = [list(parts), list(costs), list(oftens), list(timed ? times : [])]
  return [keys.join(SEPARATOR), ...lists, rules.numbers(), rules.units(), patience]
}

/** Puts what `take` answered where its questions stand; returns the calls that it left out. */
export function readTaken(
  calls: readonly PlainCall[],
  answer: string,
  outcomes: (Outcome | Error)[],
): PlainCall[] {
  const left: (PlainCall | undefined)[] = [...calls]
  let clock = 0
  for (const each of answer.slice(2, -2).split('},{')) {
    const [place = 0, taken = 0, ts = 0, level = 0] = each.split(',').map(Number)
    const call = calls[place - 1]
    if (call === undefined) clock = taken
    else {
      tell(call, taken, [ts, level], clock, outcomes)
      left[place - 1] = undefined
    }
  }
  return left.filter((call) => call !== undefined)
}
