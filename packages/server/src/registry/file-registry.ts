import type { Duration } from '@headgate/core'
import { optionsOf, type PlansConfig } from '@headgate/plans'
import { readConfig, watchConfig } from '@headgate/plans/file'
import { readOnly } from './errors.ts'
import { createHeld, type WrittenConfig } from './held.ts'
import type { Registry } from './registry.ts'
import { plain } from './rules.ts'

/** Options of {@link fileRegistry}. */
export interface FileRegistryOptions {
  /** Told why the file, as it is by now, is wrong or can't be read; what was in force before stays so. What it throws is dropped. */
  readonly onError: (error: unknown) => void
  /** How often the file is looked at. `"1s"` unless told. */
  readonly interval?: Duration
}

/**
 * A registry that reads a file of plans, and follows it. It can't be written: only that somebody's usage was reset is recorded,
 * in memory. Whenever the file says something else there is a change `plans.replaced` by `"file"`, also where only subjects
 * changed. Ids begin anew with the process, and of changes the latest 10,000 are remembered.
 *
 * @param path a file as `readConfig` of `@headgate/plans/file` takes it
 * @throws HeadgateError, as a rejection, as `readConfig` does; the system's error where it can't be read
 * @example
 * ```ts
 * import { fileRegistry } from '@headgate/server'
 *
 * const registry = await fileRegistry('plans.yaml', { onError: console.error })
 * // …
 * await registry.close()
 * ```
 */
export async function fileRegistry(path: string, options: FileRegistryOptions): Promise<Registry> {
  const held = createHeld()
  let seen: string | undefined
  const take = (config: PlansConfig): void => {
    const written = writtenIn(config)
    const text = JSON.stringify(written)
    if (text === seen) return
    seen = text
    held.replace(written, 'file')
  }
  take(await readConfig(path))
  const watch = watchConfig(path, { ...options, onConfig: take })
  return {
    name: 'file',
    readOnly: true,
    plans: async () => held.plans(),
    subject: async (subject) => held.subject(subject),
    subjects: async (query) => held.subjects(query),
    changes: async (query) => held.changes(query),
    async write(change, by) {
      if (change.type !== 'subject.reset') throw readOnly(path)
      return held.write(change, by)
    },
    async close() {
      watch.close()
    },
  }
}

function writtenIn({ default: name, plans, subjects = {} }: PlansConfig): WrittenConfig {
  const assigned = subjects instanceof Map ? [...subjects] : Object.entries(subjects)
  return plain({
    default: name,
    plans: Object.entries(plans).map(([plan, made]) => [plan, optionsOf(made)] as const),
    subjects: assigned.map(
      ([subject, given]) => [subject, typeof given === 'string' ? { plan: given } : given] as const,
    ),
  })
}
