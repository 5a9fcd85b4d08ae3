import { invalidOption, type Limits, type Store } from '@headgate/core'
import type { GuardOptions, HeaderOptions } from './guard-options.ts'

const taken = new WeakMap<Store, Map<string, string>>()

/**
 * Checks the names that options speak of against the limits that are known. Two guards of one name at one store share their
 * counts: a way to count several routes together, and a mistake where their limits differ.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 */
export function checkNames<Request>(options: GuardOptions<Request>, known: readonly Limits[]): void {
  const names = new Set(known.flatMap((limits) => Object.keys(limits)))
  for (const [option, named] of Object.entries(namedBy(options))) {
    for (const name of named) {
      if (names.has(name)) continue
      throw invalidOption(option, name, `the name of a limit`, `Use ${[...names].join(', ')}`)
    }
  }
  checkTaken(options.store, options.name ?? 'default', known)
}

function namedBy<Request>({ shadow, capacity = [], headers }: GuardOptions<Request>): {
  readonly [option: string]: readonly string[]
} {
  const units =
    typeof headers === 'object' && 'style' in headers ? (headers as HeaderOptions<string>).units : undefined
  const tried = typeof shadow === 'object' ? (Array.isArray(shadow) ? shadow : Object.keys(shadow)) : []
  return { shadow: tried, capacity, 'headers.units': Object.keys(units ?? {}) }
}

function checkTaken(store: Store, name: string, known: readonly Limits[]): void {
  const scopes = taken.get(store) ?? new Map<string, string>()
  taken.set(store, scopes)
  const own = new Map<string, string>()
  for (const limits of known) {
    for (const [limit, rule] of Object.entries(limits)) {
      const scope = `${name}/${limit}`
      own.set(scope, `${own.get(scope) ?? ''}${JSON.stringify(rule)}`)
    }
  }
  for (const [scope, rules] of own) {
    if ((scopes.get(scope) ?? rules) !== rules) {
      throw invalidOption(
        'name',
        name,
        `another name: a guard at this store counts by another limit under "${scope}"`,
        'Give each guard a `name`, or each limit its own',
      )
    }
    scopes.set(scope, rules)
  }
}
