import { algorithmOf, type Check, type Micros, type Outcome, type Rule } from '@headgate/core'
import type { Decisions } from './calls.ts'
import type { Place } from './keys.ts'
import type { Sent } from './list.ts'
import { portRule } from './rules.ts'

/** A call of one check as src/scripts/one.lua wants it. */
export function writeOne({ places, items, now }: Decisions): Sent {
  const { rule, cost } = items[0] as Check
  const args = [`${cost}`, ...portRule(rule).args]
  if (now !== undefined) args.push(`${now}`)
  return { keys: [(places[0] as Place).key], args }
}

/** The reply to {@link writeOne}: the text of a script that spells the common case out, or what one.lua says. */
export function readOne(reply: unknown, { items, now }: Decisions): Outcome {
  const { rule } = items[0] as Check
  if (!Array.isArray(reply)) return readText(String(reply).split(' '), rule, now)
  const [allowed, serverTime, ...cells] = reply as readonly unknown[]
  return {
    now: now ?? Number(serverTime),
    results: [{ allowed: Number(allowed) === 1, cells: cells.map(Number) }],
  }
}

/** Where a charge was made, the state's time follows from now's and isn't told. */
function readText(words: readonly string[], rule: Rule, told: Micros | undefined): Outcome {
  const [allowed, seconds, micros] = words
  const now = told ?? Number(seconds) * 1_000_000 + Number(micros)
  return { now, results: [{ allowed: allowed === '1', cells: cellsOf(words, rule, now) }] }
}

/** Words 3 and on, as one-meter.lua, one-window.lua and one-sliding-window.lua tell them. */
function cellsOf(words: readonly string[], rule: Rule, now: Micros): readonly number[] {
  const [, , , first, second, third] = words
  switch (rule.algorithm) {
    case 'meter':
      return [second === undefined ? Math.floor(now / rule.tick) : Number(second), Number(first)]
    case 'sliding-window':
      return [third === undefined ? now - (now % rule.length) : Number(third), Number(second), Number(first)]
    default: {
      if (third !== undefined) return [Number(second), Number(third), Number(first)]
      const cells = [0, 0, 0]
      algorithmOf(rule).take(rule, cells, 0, now, Number(first))
      return cells
    }
  }
}
