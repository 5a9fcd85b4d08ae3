import { compileLimit, type Limit, type Micros, type Rule } from '@headgate/core'

/** The limit as a store gets it, for a call at `now`. */
export function ruleAt(limit: Limit, now: Micros): Rule {
  return compileLimit(limit).ruleAt(now)
}

/** The largest cost that can ever fit. */
export function capacityOf(rule: Rule): number {
  return rule.algorithm === 'meter' ? rule.capacity : rule.limit
}

/** In how long a limit that is used up, but has no debt, is as good as new; for a window, how long it lasts. */
export function spanOf(rule: Rule): Micros {
  if (rule.algorithm === 'meter') return Math.ceil(rule.cap / rule.num) * rule.tick
  return rule.algorithm === 'window' && rule.length === 0 ? rule.end - rule.start : rule.length
}

/** The smallest step of time that the rule can tell. */
export function tickOf(rule: Rule): Micros {
  return rule.algorithm === 'meter' || rule.algorithm === 'sliding-window' ? rule.tick : 1
}

/** Whether a state can count so many units. Past that it holds the largest number that it can. */
export function canCount(rule: Rule, units: number): boolean {
  return units * (rule.algorithm === 'meter' ? rule.den : 1) <= Number.MAX_SAFE_INTEGER
}
