import { invalidOption } from '@headgate/core'
import type { Assignment } from './assignment.ts'
import { openBook, type PlansConfig } from './book.ts'
import { definePlans } from './define-plans.ts'
import type { PlanOptions } from './plan.ts'
import { isRecord } from './record.ts'

const FIELDS = ['$schema', 'default', 'plans', 'subjects']

/**
 * Plans from data that isn't trusted: a file, a request. `schema.json` of this package says the same to editors.
 *
 * @param data `{ default, plans, subjects? }`, as JSON or YAML have it
 * @throws HeadgateError that names the field; everything is checked, also each subject's changes
 * @example
 * ```ts
 * import { createDirectory, parseConfig } from '@headgate/plans'
 *
 * const config = parseConfig(JSON.parse('{"default":"free","plans":{"free":{"daily":100}},"subjects":{"acme":{"plan":"free","daily":500}}}'))
 * const directory = createDirectory(config)
 * ```
 */
export function parseConfig(data: unknown): PlansConfig {
  if (!isRecord(data)) throw invalidOption('config', data, 'an object', 'Write default, plans and subjects')
  const unknown = Object.keys(data).find((field) => !FIELDS.includes(field))
  if (unknown !== undefined)
    throw invalidOption(unknown, data[unknown], 'left out', `There are ${FIELDS.join(', ')}`)
  const config: PlansConfig = {
    plans: definePlans(data['plans'] as { readonly [name: string]: PlanOptions }),
    default: data['default'] as string,
    subjects: (data['subjects'] ?? {}) as { readonly [subject: string]: string | Assignment },
  }
  // Only to see whether it can be: nothing of it has been looked at yet.
  openBook(config)
  return config
}
