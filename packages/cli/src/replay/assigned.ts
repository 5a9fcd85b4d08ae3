import { type Clock, type Micros, systemClock } from '@headgate/core'
import { createDirectory, type Plan, type PlansConfig } from '@headgate/plans'
import type { AssignedPolicy } from './result.ts'

/**
 * A policy in which everybody is on the plan that is theirs: by `subjects`, with what is different for them alone and until it
 * ends, or else the default plan. A subject is a key of the log, as it stands there.
 *
 * @param config what `readConfig` of `@headgate/plans/file` reads
 * @param name what the result calls it; `"as assigned"` unless told
 * @throws {@link HeadgateError} as `createDirectory` does
 * @example
 * ```ts
 * import { asAssigned, fileSource, replay } from '@headgate/cli'
 * import { readConfig } from '@headgate/plans/file'
 *
 * const { policies } = await replay({
 *   policies: [asAssigned(await readConfig('plans.yaml'))],
 *   sources: [await fileSource('access.jsonl')],
 *   format: 'jsonl',
 *   key: ['account'],
 * })
 * for (const { name, requests, denied } of policies[0]?.plans ?? []) console.log(name, requests, denied)
 * ```
 */
export function asAssigned(config: PlansConfig, name = 'as assigned'): AssignedPolicy {
  let now: Micros = 0
  // The directory asks it until when an assignment counts: it shows the log's time, which stands still for an event.
  const clock: Clock = { ...systemClock(), now: () => now }
  const directory = createDirectory({ ...config, clock })
  return {
    name,
    plans: Object.keys(config.plans),
    planOf(key, at) {
      now = at
      // Without a `lookup` it is known at once.
      return directory.planOf(key) as Plan
    },
  }
}
