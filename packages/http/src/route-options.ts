import { HeadgateError, invalidOption, type Limits } from '@headgate/core'
import type { GuardOptions, GuardSettings, LimitsOptions } from './guard-options.ts'
import { andThen, type Maybe } from './maybe.ts'

/** What differs for a route. */
export type RouteOptions<Request> = Partial<GuardSettings<Request, string>> & {
  /**
   * Names of the limits that all routes share, which are counted together with those; or limits of its own, which are counted
   * apart: under the route's place unless there is a `name`.
   */
  readonly limits?: readonly string[] | Limits | ((request: Request) => Maybe<Limits>)
}

type Settings = GuardSettings<object, string>
type Source = LimitsOptions<object, string>

/**
 * For frameworks whose routes say what differs for them: makes the options of a route's guard out of those of all.
 *
 * A route that takes some of the limits, or has its own, leaves behind what the options say by name of the others (`shadow`,
 * `capacity`, keys and costs by name): a name that no limit has is a mistake anywhere else.
 *
 * @param options those of all routes
 * @returns a function of what differs and of the route's place, such as `"POST/login"`: the same in every process. It throws
 *   a {@link HeadgateError}: `UNKNOWN_LIMIT`, and `INVALID_OPTION` for a place that another route with limits of its own has already
 */
export function createRouteOptions<Request>(
  options: GuardOptions<Request>,
): (route: RouteOptions<Request>, place: string) => GuardOptions<Request> {
  const taken = new Set<string>()
  return (route, place) => {
    const own = merge(options as GuardOptions<object>, route as RouteOptions<object>, place)
    if (own.name !== undefined && own.name !== options.name && route.name === undefined) {
      if (taken.has(own.name)) {
        throw invalidOption(
          'name',
          own.name,
          'another name: a route is counted under it already',
          'Give one of them a `name`',
        )
      }
      taken.add(own.name)
    }
    return own as GuardOptions<Request>
  }
}

function merge(
  options: GuardOptions<object>,
  { limits, ...own }: RouteOptions<object>,
  place: string,
): GuardOptions<object> {
  if (limits === undefined) return { ...options, ...own }
  const { limits: _, plans: __, plan: ___, ...settings } = options
  if (isNames(limits)) return { ...narrowed(settings, limits), ...picked(options, limits), ...own }
  const inherited = typeof limits === 'function' ? settings : narrowed(settings, Object.keys(limits))
  return { ...inherited, name: nameOf(options.name, place), limits, ...own }
}

function isNames(limits: RouteOptions<object>['limits']): limits is readonly string[] {
  return Array.isArray(limits)
}

/** Where the limits come from when only these of them apply. */
function picked({ limits, plans, plan }: Source, names: readonly string[]): Source {
  const sets = limits === undefined ? Object.values(plans) : typeof limits === 'function' ? [] : [limits]
  const known = new Set(sets.flatMap((set) => Object.keys(set)))
  for (const name of names) if (!known.has(name)) throw unknownLimit(name, known)
  if (limits !== undefined) return { limits: only(names, limits as Limits) }
  const each = Object.entries(plans).map(([name, set]) => [name, only(names, set)])
  return { plans: Object.fromEntries(each), plan }
}

function unknownLimit(name: string, known: ReadonlySet<string>): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_LIMIT',
    option: 'limits',
    value: name,
    message: `It names "${name}", which is no limit that routes share`,
    fix:
      known.size === 0
        ? 'Names need limits that are known beforehand: give all routes an object of limits, or plans'
        : `Use ${[...known].join(', ')}`,
  })
}

/** Settings of which what speaks of limits by name speaks of no others than these. */
function narrowed(settings: Settings, names: readonly string[]): Settings {
  const { key, cost, settle, shadow, capacity, headers } = settings
  const styled = typeof headers === 'object' && 'units' in headers ? headers : undefined
  return {
    ...settings,
    ...(key && { key: (request: object) => andThen(key(request), (subject) => only(names, subject)) }),
    ...(typeof cost === 'function' && {
      cost: (request: object) => andThen(cost(request), (units) => only(names, units)),
    }),
    ...(settle && { settle: (...told: Parameters<typeof settle>) => only(names, settle(...told)) }),
    ...(shadow !== undefined && { shadow: only(names, shadow) }),
    ...(capacity && { capacity: only(names, capacity) }),
    ...(styled?.units && { headers: { ...styled, units: only(names, styled.units) } }),
  }
}

/** Of names, or of values by name, those that are named; anything else as it is. */
function only<T>(names: readonly string[], value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.filter((name) => names.includes(name)) as T
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name))) as T
}

/** A name for a route's own count: the same in every process. */
function nameOf(name: string | undefined, place: string): string {
  return `${name ?? 'default'}.${place}`.replaceAll(/[^\w.-]/g, '_').slice(0, 64)
}
