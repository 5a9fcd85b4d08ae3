import type { Algorithm } from './algorithm.ts'
import { meter } from './meter.ts'
import type { Rule, Units } from './rule.ts'
import { slidingLog } from './sliding-log.ts'
import { slidingWindow } from './sliding-window.ts'
import { window } from './window.ts'

/** Every algorithm, by the name that its rules carry. */
const algorithms = { meter, window, 'sliding-window': slidingWindow, 'sliding-log': slidingLog } as const

/** The algorithm of a rule. */
export function algorithmOf(rule: Units): Algorithm<Units, Rule> {
  return algorithms[rule.algorithm] as unknown as Algorithm<Units, Rule>
}

/** Whether what is taken by a rule is to be given back when its work is over. */
export function isHeld(rule: Rule): boolean {
  return rule.algorithm === 'sliding-log' && rule.held === true
}

/** What `rule.units` said when a state was written. */
export function parseUnits(units: string): Units {
  const [algorithm, ...rest] = units.split(':')
  const [a = 0, b = 0, c = 0] = rest.map(Number)
  switch (algorithm) {
    case 'meter':
      return { algorithm, units, tick: a, num: b, den: c }
    case 'sliding-window':
      return { algorithm, units, length: a, tick: b }
    case 'sliding-log':
      return { algorithm, units, length: a }
    default:
      return { algorithm: 'window', units: 'window' }
  }
}
