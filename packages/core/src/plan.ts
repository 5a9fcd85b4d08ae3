import type { CompiledLimit } from './compile.ts'
import { HeadgateError, invalidOption } from './errors.ts'
import type { Limit } from './limit.ts'
import type { Micros } from './micros.ts'
import { compileLimit } from './parse-limit.ts'
import { showValue } from './show-value.ts'
import type { Check, Key } from './store.ts'

/** Named limits: all of them must allow. */
export type Limits = { readonly [name: string]: Limit }

/** The names of limits, as a type. */
export type NameOf<L extends Limits> = Extract<keyof L, string>

/** Who is limited: one key for all limits, or one for each. */
export type Subject<Name extends string> = string | { readonly [N in Name]: string }

/** What is asked for: one number for all limits, or one for each; 1 where it isn't given. */
export type Cost<Name extends string> = number | { readonly [N in Name]?: number }

/** One limit of a plan. */
export interface Entry {
  readonly name: string
  readonly scope: string
  readonly limit: Limit
  readonly compiled: CompiledLimit
  readonly shadow: boolean
}

/** Named limits made ready for asking. */
export interface Plan {
  readonly entries: readonly Entry[]
  /** Whether a rule changes with the calendar, so that the time must be known to ask. */
  readonly calendar: boolean
  /** The one limit, if it is the only one, is enforced, and has a state of a few numbers: `decideOne` can be asked. */
  readonly only?: Entry
}

/** What has a state of no fixed number of figures. */
const LOGS: ReadonlySet<Limit['algorithm']> = new Set(['sliding-log', 'concurrency'])

const NAME = /^[A-Za-z][\w.-]{0,63}$/

/**
 * A name of a limit, a limiter or a plan: a letter, then letters, digits, ".", "-" and "_", at most 64 in all. So it can be part
 * of a key, of a header field and of a label.
 *
 * @param option what to call it in the error
 * @throws {@link HeadgateError} `INVALID_OPTION` for anything else
 * @example
 * ```ts
 * import { checkName } from '@headgate/core'
 *
 * checkName('per-minute', 'limits')
 * ```
 */
export function checkName(name: unknown, option: string): void {
  if (typeof name === 'string' && NAME.test(name)) return
  const fix = 'Use a letter, then letters, digits, ".", "-" and "_", at most 64 in all'
  throw invalidOption(option, name, 'a name', fix)
}

/**
 * What tells callers apart: a string that isn't empty, since all who have none would be one.
 *
 * @param option what to call it in the error
 * @throws {@link HeadgateError} `INVALID_KEY` for anything else
 * @example
 * ```ts
 * import { checkKey } from '@headgate/core'
 *
 * checkKey('account-1', 'subject')
 * ```
 */
export function checkKey(key: unknown, option: string): asserts key is string {
  if (typeof key === 'string' && key !== '') return
  throw new HeadgateError({
    code: 'INVALID_KEY',
    option,
    value: key,
    message: `\`${option}\` must be a string that isn't empty, not ${showValue(key)}`,
    fix: 'Pass what tells callers apart, such as an account id',
  })
}

/** Makes limits ready, and freezes the object that holds them: what was made ready must not change behind it. */
export function makePlan(limiter: string, limits: Limits, isShadow: (name: string) => boolean): Plan {
  if (typeof limits !== 'object' || limits === null || Object.keys(limits).length === 0) {
    const fix = 'Pass { burst: tokenBucket({ … }) }, or a function that returns such an object'
    throw invalidOption('limits', limits, 'named limits, at least one', fix)
  }
  const entries = Object.entries(limits).map(([name, limit]): Entry => {
    checkName(name, 'limits')
    return { name, scope: `${limiter}/${name}`, limit, compiled: compileLimit(limit), shadow: isShadow(name) }
  })
  Object.freeze(limits)
  const calendar = entries.some((entry) => entry.compiled.calendar)
  const [first] = entries
  const quick =
    first !== undefined && entries.length === 1 && !first.shadow && !LOGS.has(first.limit.algorithm)
  return { entries, calendar, ...(quick && { only: first }) }
}

/** The questions to the store for one call. */
export function makeChecks(plan: Plan, subject: Subject<string>, cost: Cost<string>, now: Micros): Check[] {
  checkAsked(plan, subject, cost)
  return plan.entries.map((entry) => makeCheck(entry, subject, cost, now))
}

/** The question of one limit of a plan. */
export function makeOneCheck(
  plan: Plan,
  entry: Entry,
  subject: Subject<string>,
  cost: Cost<string>,
  now: Micros,
): Check {
  checkAsked(plan, subject, cost)
  return makeCheck(entry, subject, cost, now)
}

function checkAsked(plan: Plan, subject: unknown, cost: unknown): void {
  if (typeof subject !== 'string') checkNames(plan, subject, 'key')
  if (typeof cost !== 'number') checkNames(plan, cost, 'cost')
}

function makeCheck(
  { name, scope, compiled, shadow }: Entry,
  subject: Subject<string>,
  cost: Cost<string>,
  now: Micros,
): Check {
  const units = typeof cost === 'number' ? cost : (named(cost, name) ?? 1)
  if (!Number.isSafeInteger(units) || units < 0) throw invalidCost(units, name)
  return { scope, id: idOf(subject, name), rule: compiled.ruleAt(now), cost: units, shadow }
}

/** What an object says of a limit: only what is its own, for a limit may be called `constructor`. */
function named<T>(given: { readonly [name: string]: T | undefined }, name: string): T | undefined {
  return Object.hasOwn(given, name) ? given[name] : undefined
}

/** The keys under which a subject's states are. */
export function makeKeys(plan: Plan, subject: Subject<string>): Key[] {
  if (typeof subject !== 'string') checkNames(plan, subject, 'key')
  return plan.entries.map(({ name, scope }) => ({ scope, id: idOf(subject, name) }))
}

function idOf(subject: Subject<string>, name: string): string {
  const id = typeof subject === 'string' ? subject : named(subject, name)
  if (typeof id !== 'string' || id === '') throw invalidKey(id, name)
  return id
}

/** An object that speaks of limits by name must be an object, and name none that isn't there: a typo would go unnoticed. */
export function checkNames(plan: Plan, given: unknown, option: string): void {
  if (typeof given !== 'object' || given === null) {
    const expected = option === 'key' ? 'a string' : 'a whole number'
    throw new HeadgateError({
      code: option === 'key' ? 'INVALID_KEY' : 'INVALID_COST',
      option,
      value: given,
      message: `\`${option}\` must be ${expected}, or an object with one for each limit, not ${showValue(given)}`,
      fix:
        option === 'key'
          ? 'Pass what tells callers apart, such as a user id'
          : 'Leave it out for a cost of 1',
    })
  }
  for (const name of Object.keys(given)) {
    if (plan.entries.some((entry) => entry.name === name)) continue
    throw new HeadgateError({
      code: 'UNKNOWN_LIMIT',
      option,
      value: name,
      message: `\`${option}\` names ${showValue(name)}, which is no limit of this limiter`,
      fix: `Use ${plan.entries.map((entry) => entry.name).join(', ')}`,
    })
  }
}

function invalidKey(id: unknown, name: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_KEY',
    option: 'key',
    value: id,
    message: `The key for the limit "${name}" must be a string that isn't empty, not ${showValue(id)}`,
    fix: 'Pass what tells callers apart, such as a user id; all callers without one would share a limit',
  })
}

function invalidCost(cost: unknown, name: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_COST',
    option: 'cost',
    value: cost,
    message: `The cost for the limit "${name}" must be a whole number from 0 to 2^53 − 1, not ${showValue(cost)}`,
    fix: 'Round it up to a whole number, or count in smaller units',
  })
}
