import { type Assignment, type PlanOptions, parseConfig } from '@headgate/plans'
import { createHeld } from './held.ts'
import type { Registry } from './registry.ts'

/** What a {@link memoryRegistry} begins with. */
export interface MemoryRegistryConfig {
  /** The name of the plan of whoever is assigned to none. */
  readonly default: string
  readonly plans: { readonly [name: string]: PlanOptions }
  /** Who is on which plan: the plan's name, or with what is different. */
  readonly subjects?: { readonly [subject: string]: string | Assignment }
}

/**
 * A registry in this process, for tests and trials. It forgets everything with the process, and the oldest of more than 10,000
 * changes.
 *
 * @param config what it begins with, recorded as changes by `"config"`; nothing unless told
 * @throws HeadgateError as `parseConfig` of `@headgate/plans` does
 * @example
 * ```ts
 * import { memoryRegistry } from '@headgate/server'
 *
 * const registry = memoryRegistry({ default: 'free', plans: { free: { daily: 100 } } })
 * await registry.plans() // { revision: 1, default: 'free', … }
 * ```
 */
export function memoryRegistry(config?: MemoryRegistryConfig): Registry {
  const held = createHeld()
  if (config !== undefined) {
    parseConfig(config)
    const { subjects = {}, ...plans } = config
    const revision = held.write({ ...plans, type: 'plans.replaced' }, { actor: 'config', revision: 0 }) ?? 0
    for (const [subject, given] of Object.entries(subjects)) {
      const assignment = typeof given === 'string' ? { plan: given } : given
      held.write({ type: 'subject.set', subject, assignment }, { actor: 'config', revision })
    }
  }
  return {
    name: 'memory',
    readOnly: false,
    plans: async () => held.plans(),
    subject: async (subject) => held.subject(subject),
    subjects: async (query) => held.subjects(query),
    changes: async (query) => held.changes(query),
    write: async (change, options) => held.write(change, options),
    async close() {},
  }
}
