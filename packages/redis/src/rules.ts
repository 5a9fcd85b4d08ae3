import type { Rule } from '@headgate/core'

/** A rule as the scripts want it. */
export interface PortRule {
  /** The algorithm, by the first letter of its units. */
  readonly algorithm: 'm' | 'w' | 's' | 'l'
  /** Units, then numbers, for src/scripts/one.lua. */
  readonly args: readonly string[]
  /** The same with names, for src/scripts/calls.lua. */
  readonly json: string
}

const known = new WeakMap<Rule, PortRule>()

/** Made once for each rule: rules of most limits are the same object in every call. */
export function portRule(rule: Rule): PortRule {
  let port = known.get(rule)
  if (port === undefined) {
    port = makePortRule(rule)
    known.set(rule, port)
  }
  return port
}

function makePortRule(rule: Rule): PortRule {
  switch (rule.algorithm) {
    case 'meter': {
      const { tick, num, den, cap } = rule
      return port('m', [den, num, tick], { tick, num, den, cap })
    }
    case 'window': {
      const { limit, length, start, end, nextEnd } = rule
      return port('w', [], { limit, length, first_start: start, first_end: end, second_end: nextEnd })
    }
    case 'sliding-window': {
      const { limit, length, tick } = rule
      return port('s', [length, tick], { limit, length, tick })
    }
    case 'sliding-log': {
      const { limit, length } = rule
      return port('l', [length], { limit, length })
    }
  }
}

/** Units stand with every state, so they are short: a part that is 1 is left out. */
function port(
  algorithm: PortRule['algorithm'],
  written: readonly number[],
  numbers: { readonly [name: string]: number },
): PortRule {
  const parts = written.map((number) => (number === 1 ? '' : number.toString(36)))
  const units = algorithm + parts.join(':').replace(/:+$/, '')
  return {
    algorithm,
    args: [units, ...Object.values(numbers).map(String)],
    json: JSON.stringify({ algorithm, units, ...numbers }),
  }
}
