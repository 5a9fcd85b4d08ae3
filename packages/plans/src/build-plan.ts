import { checkName, invalidOption, type Limit, parseLimit } from '@headgate/core'
import type { Plan, PlanChanges } from './plan.ts'
import { isRecord } from './record.ts'

const MAX_PRIORITY = 1_000
/** The names that the fields of these names give to their limits. */
const OWN_LIMITS = ['rate', 'daily', 'monthly']
const FIELDS = ['rate', 'burst', 'daily', 'monthly', 'timeZone', 'anchorDay', 'priority', 'limits']

/** Only fields that there are: a typo would leave somebody without a limit. `more` are those that are said beside. */
export function checkFields(data: unknown, where: string, ...more: readonly string[]): void {
  const fields = [...more, ...FIELDS]
  if (!isRecord(data)) throw invalidOption(where, data, 'an object', `Give it some of ${fields.join(', ')}`)
  for (const field of Object.keys(data)) {
    if (fields.includes(field)) continue
    throw invalidOption(`${where}.${field}`, data[field], 'left out', `There are ${fields.join(', ')}`)
  }
  if (data['limits'] !== undefined && !isRecord(data['limits']))
    throw invalidOption(`${where}.limits`, data['limits'], 'an object', 'Give limits by their names')
}

/** What comes instead of what. Limits come one by one. */
export function merge(base: PlanChanges, over: PlanChanges): PlanChanges {
  const said = Object.entries(over).filter(([, value]) => value !== undefined)
  return { ...base, ...Object.fromEntries(said), limits: { ...base.limits, ...over.limits } }
}

/** @throws HeadgateError that names the field within `where` */
export function buildPlan(name: string, fields: PlanChanges, where: string): Plan {
  const { rate, burst, daily, monthly, priority } = fields
  const limits: Record<string, Limit> = {}
  if (isSaid(rate)) limits['rate'] = rateLimit(rate, burst, where)
  else if (isSaid(burst))
    throw invalidOption(`${where}.burst`, burst, 'left out where there is no `rate`', 'Give a `rate` too')
  if (isSaid(daily)) limits['daily'] = calendarLimit(daily, 'day', fields, `${where}.daily`)
  if (isSaid(monthly)) limits['monthly'] = calendarLimit(monthly, 'month', fields, `${where}.monthly`)
  checkCalendar(fields, where)
  for (const [other, limit] of Object.entries(fields.limits ?? {})) {
    const option = `${where}.limits`
    checkName(other, option)
    if (OWN_LIMITS.includes(other))
      throw invalidOption(option, other, 'limits of other names', `Use \`${other}\` of the plan itself`)
    if (limit !== null) limits[other] = parseLimit(limit, `${option}.${other}`)
  }
  if (Object.keys(limits).length === 0) {
    const fix = 'Let a customer without any pass by without asking, or give a limit that is never reached'
    throw invalidOption(where, fields, 'a plan with at least one limit', fix)
  }
  return Object.freeze({ name, priority: checkPriority(priority ?? 0, where), limits: Object.freeze(limits) })
}

function rateLimit(rate: unknown, burst: number | null | undefined, where: string): Limit {
  const option = `${where}.rate`
  if (!isRecord(rate) || Object.keys(rate).some((key) => key !== 'limit' && key !== 'per'))
    throw invalidOption(option, rate, 'an object of `limit` and `per`', 'Write { limit: 60, per: "1m" }')
  const { limit, per } = rate
  const refill = checkCount(limit, `${option}.limit`)
  const capacity = isSaid(burst) ? checkCount(burst, `${where}.burst`) : refill
  return parseLimit({ algorithm: 'token-bucket', capacity, refill, per }, option)
}

function calendarLimit(
  limit: number,
  per: 'day' | 'month',
  { timeZone, anchorDay }: PlanChanges,
  option: string,
): Limit {
  return parseLimit(
    {
      algorithm: 'quota',
      limit: checkCount(limit, option),
      per,
      ...(isSaid(timeZone) && { timeZone }),
      ...(per === 'month' && isSaid(anchorDay) && { anchorDay }),
    },
    option,
  )
}

/** What says where days and months begin is a mistake where none is counted. */
function checkCalendar({ daily, monthly, timeZone, anchorDay }: PlanChanges, where: string): void {
  if (isSaid(timeZone) && !isSaid(daily) && !isSaid(monthly)) {
    const option = `${where}.timeZone`
    throw invalidOption(option, timeZone, 'left out where there is no quota', 'Give `daily` or `monthly` too')
  }
  if (isSaid(anchorDay) && !isSaid(monthly)) {
    const option = `${where}.anchorDay`
    throw invalidOption(option, anchorDay, 'left out where nothing is monthly', 'Give `monthly` too')
  }
}

function checkCount(value: unknown, option: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number
  const fix = 'Count in whole units; leave it out, or give null, where there is no limit'
  throw invalidOption(option, value, 'a whole number of at least 1', fix)
}

function checkPriority(value: unknown, where: string): number {
  if (Number.isInteger(value) && Math.abs(value as number) <= MAX_PRIORITY) return value as number
  const expected = `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`
  throw invalidOption(`${where}.priority`, value, expected, 'Higher goes before lower')
}

function isSaid<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined
}
