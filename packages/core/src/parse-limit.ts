import { checkTimeZone } from './calendar.ts'
import { type CompiledLimit, compileChecked, isCompiled } from './compile.ts'
import { type Duration, toMs } from './duration.ts'
import { errorIn, HeadgateError } from './errors.ts'
import type { Limit, LimitOptions } from './limit.ts'
import { showValue } from './show-value.ts'

/**
 * A limit from data that isn't trusted: a file, a request, a database.
 *
 * @param where where it stands, such as `"limits.burst"`: errors begin with it
 * @throws {@link HeadgateError} as the constructors do
 * @example
 * ```ts
 * import { parseLimit } from '@headgate/core'
 *
 * const limit = parseLimit(JSON.parse('{"algorithm":"fixed-window","limit":100,"window":"1m"}'))
 * ```
 */
export function parseLimit(data: unknown, where?: string): Limit {
  if (where === undefined) return parse(data)
  try {
    return parse(data)
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error
    throw errorIn(where, error, error.option === undefined ? where : `${where}.${error.option}`)
  }
}

function parse(data: unknown): Limit {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new HeadgateError({
      code: 'INVALID_LIMIT',
      value: data,
      message: `A limit must be an object, not ${showValue(data)}`,
      fix: 'Make it with tokenBucket(), fixedWindow() …, or write {"algorithm":"token-bucket", …}',
    })
  }
  const { algorithm, ...options } = data as { algorithm?: unknown }
  if (typeof algorithm !== 'string' || !Object.hasOwn(schemas, algorithm)) {
    throw invalid(
      'algorithm',
      algorithm,
      'a known algorithm',
      `Use one of ${Object.keys(schemas).join(', ')}`,
    )
  }
  return build(algorithm as Limit['algorithm'], options as never)
}

/**
 * Compiles a limit to whole numbers, once per object. Stores and tests need it; a limiter does it by itself.
 *
 * @throws {@link HeadgateError} as the constructors do, where the limit was written by hand
 * @example
 * ```ts
 * import { compileLimit, fixedWindow } from '@headgate/core'
 *
 * compileLimit(fixedWindow({ limit: 5, window: '1s' })).ruleAt(0) // { algorithm: 'window', limit: 5, length: 1000000, … }
 * ```
 */
export function compileLimit(limit: Limit): CompiledLimit {
  return compileChecked(isCompiled(limit) ? limit : parseLimit(limit))
}

type OptionCheck = (value: unknown, option: string) => void
type Schema<L extends Limit> = { readonly [O in keyof Required<LimitOptions<L>>]: OptionCheck }

const duration: OptionCheck = (value, option) => void toMs(value as Duration, option)
const count = wholeNumber(1)

const schemas: { readonly [A in Limit['algorithm']]: Schema<Extract<Limit, { algorithm: A }>> } = {
  'token-bucket': { capacity: count, refill: count, per: duration },
  'leaky-bucket': { rate: count, per: duration, queue: wholeNumber(0) },
  'fixed-window': { limit: count, window: duration },
  'sliding-window': { limit: count, window: duration },
  'sliding-log': { limit: wholeNumber(1, 10_000), window: duration },
  concurrency: { limit: wholeNumber(1, 10_000), lease: duration },
  quota: {
    limit: count,
    per: calendarPeriod,
    timeZone: optional(checkTimeZone),
    anchorDay: optional(wholeNumber(1, 31)),
  },
}

/** Checks a limit's options, freezes it and compiles it. */
export function build<L extends Limit>(algorithm: L['algorithm'], options: LimitOptions<L>): L {
  if (typeof options !== 'object' || options === null) {
    throw invalid('options', options, 'an object', `Pass { ${Object.keys(schemas[algorithm]).join(', ')} }`)
  }
  const given = options as Record<string, unknown>
  const schema = schemas[algorithm] as Record<string, OptionCheck>
  for (const option of Object.keys(given)) {
    if (!Object.hasOwn(schema, option)) {
      throw invalid(
        option,
        given[option],
        'left out',
        `A ${algorithm} has the options ${Object.keys(schema).join(', ')}`,
      )
    }
  }
  const limit: Record<string, unknown> = { algorithm }
  for (const [option, check] of Object.entries(schema)) {
    check(given[option], option)
    if (given[option] !== undefined) limit[option] = given[option]
  }
  const frozen = Object.freeze(limit) as unknown as L
  compileChecked(frozen)
  return frozen
}

function optional(check: OptionCheck): OptionCheck {
  return (value, option) => {
    if (value !== undefined) check(value, option)
  }
}

function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): OptionCheck {
  return (value, option) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw invalid(option, value, `a whole number ${range}`, 'Give a whole number in that range')
  }
}

function calendarPeriod(value: unknown, option: string): void {
  if (value === 'hour' || value === 'day' || value === 'week' || value === 'month') return
  throw invalid(option, value, '"hour", "day", "week" or "month"', 'For other spans use fixedWindow()')
}

function invalid(option: string, value: unknown, expected: string, fix: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_LIMIT',
    option,
    value,
    message: `\`${option}\` must be ${expected}, not ${showValue(value)}`,
    fix,
  })
}
