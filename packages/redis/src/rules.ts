import type { MeterRule, Rule, SlidingWindowRule } from '@headgate/core'

/** A rule as the scripts want it. */
export interface PortRule {
  /** The algorithm, by its letter. */
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
      return port('m', numberOfMeter(rule) ?? [den, num, tick], { tick, num, den, cap })
    }
    case 'window': {
      const { limit, length, start, end, nextEnd } = rule
      return port('w', [], { limit, length, first_start: start, first_end: end, second_end: nextEnd })
    }
    case 'sliding-window': {
      const { limit, length, tick } = rule
      return port('s', numberOfSliding(rule) ?? [length, tick], { limit, length, tick })
    }
    case 'sliding-log': {
      const { limit, length } = rule
      return port('l', [length], { limit, length })
    }
  }
}

/** What times each of 2, 3 and 5 may be in a meter's microseconds per unit: enough for all that divide a day. */
const POWERS = [
  { prime: 2, least: -4, most: 13 },
  { prime: 3, least: -2, most: 3 },
  { prime: 5, least: 0, most: 8 },
] as const

/**
 * The number for the units of a meter in a short state, as src/scripts/carry.lua reads it: 2^31, and from bit 20 on the
 * powers of {@link POWERS} in one. Undefined where another prime has a part in it, or its tick isn't a microsecond.
 */
function numberOfMeter({ tick, num, den }: MeterRule): number | undefined {
  let code = 0
  let places = 1
  let above = den
  let below = num
  for (const { prime, least, most } of POWERS) {
    let times = 0
    for (; above % prime === 0; above /= prime) times++
    for (; below % prime === 0; below /= prime) times--
    if (times < least || times > most) return
    code += (times - least) * places
    places *= most - least + 1
  }
  return tick === 1 && above === 1 && below === 1 ? 2 ** 31 + code * 2 ** 20 : undefined
}

/** The same for a sliding window of whole seconds, below 2^24 of them: 0xF1 and the power of ten that is its tick, and the seconds. */
function numberOfSliding({ length, tick }: SlidingWindowRule): number | undefined {
  const seconds = length / 1_000_000
  if (!Number.isInteger(seconds) || seconds >= 2 ** 24) return
  return (0xf1 + Math.round(Math.log10(tick))) * 2 ** 24 + seconds
}

/** Units stand with every state, so they are short: a number, or text in which a part that is 1 is left out. */
function port(
  algorithm: PortRule['algorithm'],
  written: number | readonly number[],
  numbers: { readonly [name: string]: number },
): PortRule {
  const units = typeof written === 'number' ? `${written}` : textOf(algorithm, written)
  return {
    algorithm,
    args: [units, ...Object.values(numbers).map(String)],
    json: JSON.stringify({ algorithm, units, ...numbers }),
  }
}

function textOf(algorithm: PortRule['algorithm'], parts: readonly number[]): string {
  const written = parts.map((number) => (number === 1 ? '' : number.toString(36)))
  return algorithm + written.join(':').replace(/:+$/, '')
}
