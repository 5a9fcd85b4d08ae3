import {
  compileLimit,
  HeadgateError,
  invalidOption,
  type Limit,
  type Limits,
  showValue,
} from '@headgate/core'
import type { GuardOptions } from './guard-options.ts'
import { andThen, type Maybe } from './maybe.ts'

/** Where a guard's limits come from. */
export interface LimitSource<Request> {
  /** The limits, where they are the same for all. */
  readonly fixed?: Limits
  /** Every set of limits that is known beforehand; undefined where they are made for each request. */
  readonly known?: readonly Limits[]
  of(request: Request): Maybe<Limits>
}

/** @throws {@link HeadgateError} `INVALID_OPTION`, or as a limit's constructor does */
export function createLimitSource<Request>(options: GuardOptions<Request>): LimitSource<Request> {
  const { limits, plans, plan } = options
  if (limits !== undefined && plans !== undefined) {
    throw invalidOption('plans', plans, 'left out beside `limits`', 'Keep one of them')
  }
  if (plans !== undefined) return fromPlans(plans, plan)
  if (typeof limits === 'function') {
    return { of: limits as (request: Request) => Maybe<Limits> }
  }
  checkLimits('limits', limits)
  return { fixed: limits, known: [limits], of: () => limits }
}

function fromPlans<Request>(
  plans: { readonly [plan: string]: { readonly [name: string]: Limit | undefined } },
  planOf: ((request: Request) => Maybe<string>) | undefined,
): LimitSource<Request> {
  if (typeof planOf !== 'function') {
    throw invalidOption(
      'plan',
      planOf,
      'a function',
      'Say whose plan a request falls under: (request) => "free"',
    )
  }
  const byName = new Map<string, Limits>()
  for (const [name, limits] of Object.entries(plans)) {
    checkLimits(`plans.${name}`, limits)
    byName.set(name, limits)
  }
  const limitsOf = (name: string): Limits => {
    const limits = byName.get(name)
    if (limits !== undefined) return limits
    throw new HeadgateError({
      code: 'UNKNOWN_PLAN',
      option: 'plan',
      value: name,
      message: `There is no plan ${showValue(name)}`,
      fix: `Let \`plan\` answer one of ${[...byName.keys()].join(', ')}`,
    })
  }
  return { known: [...byName.values()], of: (request) => andThen(planOf(request), limitsOf) }
}

function checkLimits(option: string, limits: unknown): asserts limits is Limits {
  if (typeof limits !== 'object' || limits === null || Object.keys(limits).length === 0) {
    throw invalidOption(option, limits, 'an object with a limit in it', 'Pass { burst: tokenBucket({ … }) }')
  }
  for (const limit of Object.values(limits)) compileLimit(limit as Limit)
}
