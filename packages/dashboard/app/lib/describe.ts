import { perText, toMs } from './duration.ts'
import { showCount, showSpan } from './format.ts'
import type { Limit, PlanChanges, PlanOptions } from './types.ts'

/** A limit in words. */
export function describeLimit(limit: Limit): string {
  switch (limit.algorithm) {
    case 'token-bucket': {
      const rate = `${showCount(limit.refill)} per ${perText(limit.per)}`
      return limit.capacity === limit.refill ? rate : `${rate}, bursts of ${showCount(limit.capacity)}`
    }
    case 'leaky-bucket':
      return `one by one, ${showCount(limit.rate)} per ${perText(limit.per)}, ${showCount(limit.queue)} may wait`
    case 'fixed-window':
      return `${showCount(limit.limit)} in each ${perText(limit.window)}`
    case 'sliding-window':
      return `about ${showCount(limit.limit)} in any ${perText(limit.window)}`
    case 'sliding-log':
      return `${showCount(limit.limit)} in any ${perText(limit.window)}`
    case 'concurrency':
      return `${showCount(limit.limit)} at once, each free again after ${showSpan(toMs(limit.lease) ?? 0)} at the latest`
    case 'quota':
      return `${showCount(limit.limit)} per calendar ${limit.per}, ${limit.timeZone ?? 'UTC'}${
        limit.anchorDay === undefined ? '' : `, from day ${limit.anchorDay}`
      }`
  }
}

/** The most that may be used at once. */
export function totalOf(limit: Limit): number {
  if (limit.algorithm === 'token-bucket') return limit.capacity
  return limit.algorithm === 'leaky-bucket' ? limit.queue + 1 : limit.limit
}

/** Whether it comes back all at once, and not bit by bit. */
export function startsAnew(limit: Limit): boolean {
  return limit.algorithm === 'quota' || limit.algorithm === 'fixed-window'
}

function describeRate({ limit, per }: NonNullable<PlanChanges['rate']>): string {
  return `${showCount(limit)} per ${toMs(per) === undefined ? String(per) : perText(per)}`
}

/** What a plan, or an exception from it, says, field by field. */
export function describeFields(fields: PlanOptions): string[] {
  const { extends: base, rate, burst, daily, monthly, timeZone, anchorDay, priority, limits } = fields
  const said: string[] = []
  const say = <T>(value: T | null | undefined, name: string, show: (value: T) => string): void => {
    if (value === null) said.push(`no ${name}`)
    else if (value !== undefined) said.push(`${name} ${show(value)}`)
  }
  if (base !== undefined) said.push(`begins as ${base}`)
  say(rate, 'rate', describeRate)
  say(burst, 'burst', showCount)
  say(daily, 'daily', showCount)
  say(monthly, 'monthly', showCount)
  say(timeZone, 'time zone', String)
  say(anchorDay, 'first day of the month', String)
  say(priority, 'priority', showCount)
  for (const [name, limit] of Object.entries(limits ?? {})) say(limit, name, describeLimit)
  return said
}
