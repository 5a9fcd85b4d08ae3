import { toMs } from './duration.ts'
import type { Limit, PlanChanges, Plans } from './types.ts'

/** What forms say of plans and exceptions; the names are those of the API, so that its errors find their fields. */
export const LIMIT_FIELDS = ['rate.limit', 'rate.per', 'burst', 'daily', 'monthly'] as const
export const MORE_FIELDS = ['timeZone', 'anchorDay', 'priority', 'limits'] as const
export type PlanField = (typeof LIMIT_FIELDS)[number] | (typeof MORE_FIELDS)[number]

export type Values<Name extends string = string> = { readonly [field in Name]: string }
export type Errors = { readonly [field: string]: string }

/** What takes away a limit that another plan has. */
const NONE = 'none'

export function valuesOf(fields: PlanChanges): Values<PlanField> {
  const show = (value: unknown): string => {
    if (value === null) return NONE
    return value === undefined ? '' : String(value)
  }
  const { rate, limits } = fields
  return {
    'rate.limit': rate === null ? NONE : show(rate?.limit),
    'rate.per': show(rate?.per ?? undefined),
    burst: show(fields.burst),
    daily: show(fields.daily),
    monthly: show(fields.monthly),
    timeZone: show(fields.timeZone),
    anchorDay: show(fields.anchorDay),
    priority: show(fields.priority),
    limits: limits === undefined ? '' : JSON.stringify(limits, undefined, 2),
  }
}

/** What holds where a field is left empty: the limits of a plan, with what it began as. */
export function defaultsOf(plans: Plans, name = ''): Values {
  const limits: { readonly [name: string]: Limit } = plans.compiled[name]?.limits ?? {}
  const { rate, daily, monthly } = limits
  return {
    ...(rate?.algorithm === 'token-bucket' && {
      'rate.limit': String(rate.refill),
      'rate.per': String(rate.per),
      burst: String(rate.capacity),
    }),
    ...(daily?.algorithm === 'quota' && { daily: String(daily.limit) }),
    ...(monthly?.algorithm === 'quota' && { monthly: String(monthly.limit) }),
  }
}

/** What a form says as the API takes it, or why it can't be said. Only `names` are looked at. */
export function readFields(
  values: Values,
  names: readonly PlanField[],
): { readonly fields: PlanChanges; readonly errors: Record<string, string> } {
  const fields: Record<string, unknown> = {}
  const errors: Record<string, string> = {}
  for (const name of names) {
    const text = (values[name] ?? '').trim()
    if (name === 'rate.limit' || name === 'rate.per') continue
    if (text === '') continue
    if (text === NONE && name !== 'limits') fields[name] = null
    else if (name === 'timeZone') fields[name] = text
    else if (name === 'limits') readLimits(text, fields, errors)
    else readCount(name, text, fields, errors)
  }
  if (names.includes('rate.limit')) readRate(values, fields, errors)
  return { fields, errors }
}

function readRate(values: Values, fields: Record<string, unknown>, errors: Record<string, string>): void {
  const limit = (values['rate.limit'] ?? '').trim()
  const per = (values['rate.per'] ?? '').trim()
  if (limit === NONE) {
    fields['rate'] = null
    return
  }
  if (limit === '' && per === '') return
  const count = wholeOf(limit)
  if (count === undefined || count < 1) errors['rate.limit'] = WHOLE
  const duration = /^\d+$/.test(per) ? Number(per) : per
  if ((toMs(duration) ?? 0) < 1) errors['rate.per'] = 'Write 1s, 1m, 12h or 7d'
  fields['rate'] = { limit: count, per: duration }
}

const WHOLE = 'Write a whole number of at least 1'

function readCount(
  name: string,
  text: string,
  fields: Record<string, unknown>,
  errors: Record<string, string>,
): void {
  const count = wholeOf(text)
  const isPriority = name === 'priority'
  if (count === undefined || (!isPriority && count < 1))
    errors[name] = isPriority ? 'Write a whole number' : WHOLE
  else fields[name] = count
}

function readLimits(text: string, fields: Record<string, unknown>, errors: Record<string, string>): void {
  try {
    const limits = JSON.parse(text) as { readonly [name: string]: Limit | null }
    if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) throw new Error('no object')
    fields['limits'] = limits
  } catch {
    errors['limits'] = 'Write JSON: an object with limits by their names'
  }
}

/** `1,000`, `1.000`, `1 000`, `1_000` and `1,00,000` are what people type and paste. `2,5` is no whole number. */
const WHOLE_NUMBER = /^[-−]?(?:\d+|\d{1,3}(?:[\s,._'’]\d{2,3})*[\s,._'’]\d{3})$/

function wholeOf(text: string): number | undefined {
  const digits = text.replaceAll(/[\s,._'’]/g, '').replace('−', '-')
  const value = WHOLE_NUMBER.test(text) ? Number(digits) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}

/** Which field of a form an error of the API is about: that which its `option` names last. */
export function fieldOf(option: string | undefined, names: readonly string[]): string | undefined {
  if (option === undefined) return undefined
  // The name of a plan is wrong where the plans as a whole are.
  if (option === 'plans' && names.includes('name')) return 'name'
  const path = `.${option}.`
  const end = (name: string): number => {
    const at = path.lastIndexOf(`.${name}.`)
    return at < 0 ? -1 : at + name.length
  }
  // An error of the whole rate is shown at its first field.
  const endOf = (name: string): number =>
    name === 'rate.limit' ? Math.max(end(name), end('rate')) : end(name)
  const [best] = [...names].sort((a, b) => endOf(b) - endOf(a))
  return best !== undefined && endOf(best) >= 0 ? best : undefined
}
