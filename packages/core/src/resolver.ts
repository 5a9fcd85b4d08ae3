import { invalidOption } from './errors.ts'
import type { LimiterOptions, VerbOptions } from './limiter.ts'
import { checkNames, type Limits, makePlan, type Plan } from './plan.ts'
import type { Store } from './store.ts'

type Verb = VerbOptions<Limits, unknown>

/** Finds the limits of a call. */
export interface Resolver {
  /** The limiter's own limits, where they aren't picked for each call. */
  readonly fixed: Plan | undefined
  resolve(verb: Verb | undefined): Plan | Promise<Plan>
  /** @throws {@link HeadgateError} `INVALID_OPTION` where they are only promised */
  resolveSync(verb: Verb | undefined): Plan
}

/** How a call's limits are found: its own, the limiter's, or what the limiter's function picks. Each object is made ready once. */
export function createResolver(options: LimiterOptions<Limits, unknown, Store>, limiter: string): Resolver {
  const { limits, shadow = false } = options
  const plans = new WeakMap<Limits, Plan>()
  const isShadow = (name: string) => (typeof shadow === 'boolean' ? shadow : shadow.includes(name))

  const planOf = (given: Limits): Plan => {
    let plan = plans.get(given)
    if (plan === undefined) {
      plan = makePlan(limiter, given, isShadow)
      plans.set(given, plan)
    }
    return plan
  }
  const fixed = typeof limits === 'function' ? undefined : planOf(limits)
  if (fixed !== undefined && typeof shadow !== 'boolean') {
    checkNames(fixed, Object.fromEntries(shadow.map((name) => [name, true])), 'shadow')
  }

  const resolve = (verb: Verb | undefined): Plan | Promise<Plan> => {
    if (verb?.limits !== undefined) return planOf(verb.limits)
    if (typeof limits !== 'function') return planOf(limits)
    const picked = limits(verb?.context)
    return picked instanceof Promise ? picked.then(planOf) : planOf(picked)
  }
  const resolveSync = (verb: Verb | undefined): Plan => {
    const plan = resolve(verb)
    if (!(plan instanceof Promise)) return plan
    plan.catch(() => {})
    throw invalidOption('limits', limits, 'a function that answers at once', 'Use the awaited verbs with it')
  }
  return { fixed, resolve, resolveSync }
}
