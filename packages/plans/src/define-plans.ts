import { checkName, HeadgateError, invalidOption, showValue } from '@headgate/core'
import { buildPlan, checkFields, merge } from './build-plan.ts'
import type { Plan, PlanChanges, PlanOptions } from './plan.ts'
import type { PlansOf } from './plan-types.ts'
import { isRecord } from './record.ts'

/** Plans by their names. */
export type Plans = { readonly [name: string]: Plan }

/** What a plan was made of, so that it can be made once more with changes. */
const written = new WeakMap<Plan, PlanChanges>()

/**
 * Plans, or tiers: who pays more may ask more. Limits of one name are one count, so a customer who changes plans keeps what was
 * used.
 *
 * @param options what each plan allows, by its name: a letter, then letters, digits, ".", "-" and "_"
 * @returns the plans, frozen
 * @throws HeadgateError `INVALID_OPTION`, `INVALID_LIMIT`, `NOT_EXACT` or `UNKNOWN_PLAN`, which name the plan and the field
 * @example
 * ```ts
 * import { definePlans } from '@headgate/plans'
 *
 * const plans = definePlans({
 *   free: { rate: { limit: 60, per: '1m' }, daily: 1_000 },
 *   premium: { rate: { limit: 600, per: '1m' }, burst: 1_200, monthly: 1_000_000, priority: 10 },
 *   enterprise: { extends: 'premium', monthly: null, priority: 20 },
 * })
 * plans.enterprise.limits // { rate: { algorithm: 'token-bucket', … } }
 * ```
 */
export function definePlans<const Options extends { readonly [name: string]: PlanOptions }>(
  options: Options,
): PlansOf<Options> {
  if (!isRecord(options) || Object.keys(options).length === 0)
    throw invalidOption(
      'plans',
      options,
      'an object with at least one plan',
      'Pass { free: { daily: 1_000 } }',
    )
  const all = new Map<string, PlanOptions>(Object.entries(options))
  const plans = [...all.keys()].map((name) => {
    checkName(name, 'plans')
    const fields = fieldsOf(name, all, [])
    const plan = buildPlan(name, fields, `plans.${name}`)
    written.set(plan, fields)
    return [name, plan] as const
  })
  // Without a prototype: whoever asks for a plan by a name from anywhere finds none that isn't one.
  const found = Object.assign(Object.create(null), Object.fromEntries(plans))
  return Object.freeze(found) as PlansOf<Options>
}

/** A plan's fields, and under them those of the plans it begins as. */
function fieldsOf(
  name: string,
  all: ReadonlyMap<string, PlanOptions>,
  inside: readonly string[],
): PlanChanges {
  const where = `plans.${name}`
  const options = all.get(name) as PlanOptions
  checkFields(options, where, 'extends')
  const { extends: base, ...fields } = options
  if (base === undefined) return merge({}, fields)
  const path = [...inside, name]
  if (typeof base !== 'string' || !all.has(base)) throw unknownPlan(base, all.keys(), `${where}.extends`)
  if (path.includes(base)) {
    const fix = 'Let one of them stand by itself'
    throw invalidOption(`${where}.extends`, base, "a plan that doesn't begin as this one", fix)
  }
  return merge(fieldsOf(base, all, path), fields)
}

/**
 * A plan with changes, for a customer who has more, or less, than the others of the same plan.
 *
 * @param plan one of {@link definePlans}
 * @param changes what comes instead; `null` takes away
 * @returns a plan of the same name
 * @throws HeadgateError as `definePlans` does, with fields named within `where`
 * @example
 * ```ts
 * import { adjustPlan, definePlans } from '@headgate/plans'
 *
 * const { premium } = definePlans({ premium: { daily: 10_000, monthly: 100_000 } })
 * adjustPlan(premium, { daily: 50_000 }).limits // daily 50,000, monthly 100,000
 * ```
 */
export function adjustPlan(plan: Plan, changes: PlanChanges, where = 'changes'): Plan {
  const fields = fieldsOfPlan(plan)
  checkFields(changes, where)
  const merged = merge(fields, changes)
  const adjusted = buildPlan(plan.name, merged, where)
  written.set(adjusted, merged)
  return adjusted
}

/**
 * What a plan says, as it could be written again: with what it began as, and without what was taken away.
 *
 * @param plan one of {@link definePlans} or {@link adjustPlan}
 * @throws HeadgateError `INVALID_OPTION` for a plan from elsewhere
 * @example
 * ```ts
 * import { definePlans, optionsOf } from '@headgate/plans'
 *
 * const { pro } = definePlans({ free: { daily: 100 }, pro: { extends: 'free', monthly: 10_000 } })
 * optionsOf(pro) // { daily: 100, monthly: 10000 }
 * ```
 */
export function optionsOf(plan: Plan): PlanChanges {
  const { limits, ...fields } = fieldsOfPlan(plan)
  const others = said(limits ?? {})
  return { ...said(fields), ...(Object.keys(others).length > 0 && { limits: others }) }
}

function fieldsOfPlan(plan: Plan): PlanChanges {
  const fields = written.get(plan)
  if (fields !== undefined) return fields
  throw invalidOption('plan', plan, 'a plan of definePlans()', 'Take it from there')
}

function said<T extends object>(fields: T): T {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as T
}

/** @throws HeadgateError `UNKNOWN_PLAN` */
export function planOf(plans: Plans, name: unknown, option: string): Plan {
  const plan = typeof name === 'string' ? plans[name] : undefined
  if (plan === undefined) throw unknownPlan(name, Object.keys(plans), option)
  return plan
}

function unknownPlan(name: unknown, known: Iterable<string>, option: string): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_PLAN',
    option,
    value: name,
    message: `\`${option}\` is ${showValue(name)}, and there is no such plan`,
    fix: `Use ${[...known].join(', ')}`,
  })
}
