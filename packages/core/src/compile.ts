import { compileMeter } from './algorithms/meter.ts'
import type { Rule } from './algorithms/rule.ts'
import { compileSlidingLog } from './algorithms/sliding-log.ts'
import { compileSlidingWindow } from './algorithms/sliding-window.ts'
import { compileCalendar, compileWindow } from './algorithms/window.ts'
import { calendarBounds } from './calendar.ts'
import { type Duration, toMs } from './duration.ts'
import { HeadgateError } from './errors.ts'
import type { Limit, Quota } from './limit.ts'
import { CENTURY_MS, type Micros } from './micros.ts'

/** A limit made ready: gives the rule that holds at a time. Only a calendar's rule changes with it. */
export interface CompiledLimit {
  /** Whether the rule changes with the calendar. */
  readonly calendar: boolean
  ruleAt(now: Micros): Rule
}

const compiled = new WeakMap<Limit, CompiledLimit>()

/** Whether a limit was compiled before, and so was checked. */
export function isCompiled(limit: unknown): limit is Limit {
  return compiled.has(limit as Limit)
}

/** Compiles a limit whose options are checked, once per object. */
export function compileChecked(limit: Limit): CompiledLimit {
  let known = compiled.get(limit)
  if (known === undefined) {
    known = limit.algorithm === 'quota' ? calendar(limit) : constant(compileRule(limit))
    compiled.set(limit, known)
  }
  return known
}

function compileRule(limit: Exclude<Limit, Quota>): Rule {
  switch (limit.algorithm) {
    case 'token-bucket':
      return compileMeter(limit.refill, toMs(limit.per, 'per'), limit.capacity, false)
    case 'leaky-bucket':
      return compileMeter(limit.rate, toMs(limit.per, 'per'), limit.queue + 1, true)
    case 'fixed-window':
      return compileWindow(limit.limit, micros('window', limit.window))
    case 'sliding-window':
      return compileSlidingWindow(limit.limit, micros('window', limit.window))
    case 'sliding-log':
      return compileSlidingLog(limit.limit, micros('window', limit.window))
    case 'concurrency':
      return { ...compileSlidingLog(limit.limit, micros('lease', limit.lease)), held: true }
  }
}

function micros(option: string, span: Duration): Micros {
  const ms = toMs(span, option)
  if (ms <= CENTURY_MS) return ms * 1_000
  throw new HeadgateError({
    code: 'NOT_EXACT',
    option,
    value: span,
    message: `\`${option}\` is longer than a century, and its end is past 2^53 µs`,
    fix: `Shorten the ${option}`,
  })
}

function constant(rule: Rule): CompiledLimit {
  return { calendar: false, ruleAt: () => rule }
}

function calendar(limit: Quota): CompiledLimit {
  const days = limit.per === 'month' ? 31 : limit.per === 'week' ? 7 : 0
  if ((limit.anchorDay ?? 0) > days) {
    throw new HeadgateError({
      code: 'INVALID_LIMIT',
      option: 'anchorDay',
      value: limit.anchorDay,
      message: `\`anchorDay\` can't be ${limit.anchorDay} in a quota per ${limit.per}`,
      fix: days > 0 ? `Give a day from 1 to ${days}` : 'Leave it out: only weeks and months start on a day',
    })
  }
  let bounds = calendarBounds(limit, 0)
  let rule = compileCalendar(limit.limit, bounds)
  return {
    calendar: true,
    ruleAt(now) {
      if (now < bounds[0] || now >= bounds[1]) {
        bounds = calendarBounds(limit, now)
        rule = compileCalendar(limit.limit, bounds)
      }
      return rule
    },
  }
}
