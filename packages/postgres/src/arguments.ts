import type { EncodedRule } from './rules.ts'

/*
 * Arguments of the server's functions. They are written as text: pg would need several times as long to write lists.
 */

/** Between keys. None has it: encoded keys are free of control characters. */
export const SEPARATOR = '\u001f'

/** Items must be free of commas, braces, quotes and spaces. */
export function list(items: readonly (string | number)[]): string {
  return `{${items.join()}}`
}

/** The rules of a statement, each of which is sent once. */
export interface RuleBook {
  /** The place of a rule, from 1 on; it is put there if it is new. A meter at a cost is a rule of its own. */
  placeOf(rule: EncodedRule, cost?: number): number
  /** Six of each; the last of a meter's, of which it makes no use, is the cost. */
  numbers(): string
  units(): string
}

export function createRuleBook(): RuleBook {
  const places = new Map<EncodedRule, Map<number, number>>()
  const numbers: string[] = []
  const units: string[] = []
  return {
    placeOf(rule, cost = 0) {
      let byCost = places.get(rule)
      if (byCost === undefined) {
        byCost = new Map()
        places.set(rule, byCost)
      }
      let place = byCost.get(cost)
      if (place === undefined) {
        place = units.push(rule.units)
        numbers.push(cost === 0 ? rule.numbers : rule.numbers.replace(/0$/, `${cost}`))
        byCost.set(cost, place)
      }
      return place
    },
    numbers: () => list(numbers),
    units: () => list(units),
  }
}
