import { HeadgateError, invalidOption, type Limit, type Limits } from '@headgate/core'
import type { Load } from './load.ts'
import { scale } from './scale.ts'

/**
 * Limits that have a load's share: at full share they are as they were given, below it smaller. Every share's limits are made
 * beforehand, so that what can't be honoured shows at the start; and used units are carried over from share to share.
 *
 * @param limits named limits; with a calendar quota among them, say which to scale
 * @param names those that follow the load; all unless told
 * @returns what a limiter or a guard takes as `limits`
 * @throws HeadgateError `INVALID_OPTION`, `UNKNOWN_LIMIT`, `NOT_EXACT`
 * @example
 * ```ts
 * import { adaptiveLimits, createLoad, lag } from '@headgate/adaptive'
 * import { createLimiter, tokenBucket } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 *
 * const load = createLoad({ signals: { lag: lag() } })
 * const limits = adaptiveLimits(load, { capacity: tokenBucket({ capacity: 200, refill: 200, per: '1s' }) })
 * const limiter = createLimiter({ store: memoryStore(), limits })
 * await limiter.consume('everybody')
 * ```
 */
export function adaptiveLimits<const L extends Limits>(
  load: Load,
  limits: L,
  names: readonly Extract<keyof L, string>[] = Object.keys(limits ?? {}) as Extract<keyof L, string>[],
): () => L {
  checkArguments(load, limits, names)
  const { steps } = load
  const ladder = Array.from({ length: steps }, (_, i): L => {
    if (i + 1 === steps) return limits
    const rung: Record<string, Limit> = { ...limits }
    for (const name of names) rung[name] = scale(limits[name] as Limit, i + 1, steps, `limits.${name}`)
    return Object.freeze(rung) as L
  })
  return () => ladder[load.step - 1] as L
}

function checkArguments(load: Load, limits: Limits, names: readonly string[]): void {
  if (!Number.isInteger(load?.steps))
    throw invalidOption('load', load, 'a load', 'Pass what createLoad() returns')
  if (typeof limits !== 'object' || limits === null || Object.keys(limits).length === 0)
    throw invalidOption(
      'limits',
      limits,
      'named limits, at least one',
      'Pass { capacity: tokenBucket({ … }) }',
    )
  if (!Array.isArray(names)) throw invalidOption('names', names, 'a list of names', 'Leave it out for all')
  for (const name of names) {
    if (Object.hasOwn(limits, name)) continue
    throw new HeadgateError({
      code: 'UNKNOWN_LIMIT',
      option: 'names',
      value: name,
      message: '`names` has a name that is none of the limits',
      fix: `Use ${Object.keys(limits).join(', ')}`,
    })
  }
}
