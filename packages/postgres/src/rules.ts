import { HeadgateError, type MeterRule, type Rule } from '@headgate/core'

/** A rule as `apply` reads it. */
export interface EncodedRule {
  readonly units: string
  /** Six whole numbers, separated by commas; the first is the algorithm's. */
  readonly numbers: string
  /** How many numbers a state has; 0 if that differs. */
  readonly width: number
  /** The rule itself if it is a meter. */
  readonly meter: MeterRule | undefined
}

/** A rule of a meter. */
export type MeterAsSent = EncodedRule & { readonly meter: MeterRule }

const known = new WeakMap<Rule, EncodedRule>()

/**
 * A rule as text, made once for each object.
 *
 * @throws {@link HeadgateError} `INVALID_LIMIT` for one that isn't whole numbers, which the server would choke on
 */
export function encodeRule(rule: Rule): EncodedRule {
  let encoded = known.get(rule)
  if (encoded === undefined) {
    const [width, ...numbers] = partsOf(rule)
    const meter = rule.algorithm === 'meter' ? rule : undefined
    encoded = { units: rule.units, numbers: [...numbers, 0, 0, 0].slice(0, 6).join(), width, meter }
    if (!numbers.every(isWhole) || !/^[a-z-]+[0-9:]*$/.test(rule.units)) throw invalidRule(rule)
    known.set(rule, encoded)
  }
  return encoded
}

/** The width of its states, and its numbers in the order of `functions/`. */
function partsOf(rule: Rule): [width: number, ...numbers: number[]] {
  switch (rule.algorithm) {
    case 'meter':
      return [2, 1, rule.tick, rule.num, rule.den, rule.cap]
    case 'window':
      return [3, 2, rule.limit, rule.length, rule.start, rule.end, rule.nextEnd]
    case 'sliding-window':
      return [3, 3, rule.length, rule.tick, rule.limit]
    case 'sliding-log':
      return [0, 4, rule.length, rule.limit]
    default:
      throw invalidRule(rule)
  }
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value)
}

function invalidRule(rule: never | Rule): HeadgateError {
  const { units } = rule as { readonly units: unknown }
  return new HeadgateError({
    code: 'INVALID_LIMIT',
    option: 'rule',
    value: rule,
    message: `A rule in units of ${JSON.stringify(units)} isn't one of whole numbers`,
    fix: 'Give rules as compileLimit() makes them',
  })
}
