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
  /** The place of a rule, from 1 on; it is put there if it is new. */
  placeOf(rule: EncodedRule): number
  /** Six numbers of each. */
  numbers(): string
  units(): string
}

export function createRuleBook(): RuleBook {
  const places = new Map<EncodedRule, number>()
  return {
    placeOf(rule) {
      let place = places.get(rule)
      if (place === undefined) {
        place = places.size + 1
        places.set(rule, place)
      }
      return place
    },
    numbers: () => list(Array.from(places.keys(), ({ numbers }) => numbers)),
    units: () => list(Array.from(places.keys(), ({ units }) => units)),
  }
}
