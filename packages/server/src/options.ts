import {
  type Clock,
  checkName,
  checkWhole,
  type Duration,
  invalidOption,
  type Store,
  systemClock,
  toMs,
} from '@headgate/core'
import type { FieldStyle } from '@headgate/http'
import type { PlanOptions } from '@headgate/plans'
import type { Usage } from '@headgate/usage'
import type { FastifyServerOptions } from 'fastify'
import type { Registry } from './registry/registry.ts'
import type { Token } from './tokens.ts'

/** Options of {@link createService}. What it is given stays yours to close. */
export interface ServiceOptions {
  /** Where it is counted. */
  readonly store: Store
  /** Where the plans are, and who is on which. */
  readonly registry: Registry
  /** Who may ask for what. */
  readonly tokens: readonly Token[]
  /** Who used how much; not kept unless told. */
  readonly usage?: Usage
  /** The plans of a registry that has none yet. */
  readonly seed?: { readonly default: string; readonly plans: { readonly [name: string]: PlanOptions } }
  /** Keeps the counts of services that share a store apart. `"default"` unless told, as of a limiter, so that both count as one. */
  readonly name?: string
  /** Who decides while the store doesn't answer: this process by itself, unless told; or everybody, or nobody, is let in. */
  readonly failure?: 'memory' | 'allow' | 'deny'
  /** How many of these services share the store: while it doesn't answer, each admits its part of each limit. 1 unless told. */
  readonly instances?: number
  /** How long the store may take. `"250ms"` unless told. */
  readonly timeout?: Duration
  /** In which style clients are told where they stand. `"draft-11"` unless told. */
  readonly headers?: FieldStyle | readonly FieldStyle[]
  /** Limits, by name, that are only tried out in all plans: they count and are told of in decisions, but never deny. None unless told. */
  readonly shadow?: readonly string[]
  /** How often changes that others made in the registry are looked for. `"1s"` unless told. */
  readonly poll?: Duration
  /** Whether the dashboard is served. True unless told. */
  readonly dashboard?: boolean
  /** Fastify's: `true` for lines of JSON on standard output, or options of pino. None unless told. */
  readonly logger?: NonNullable<FastifyServerOptions['logger']>
  readonly clock?: Clock
}

/** {@link ServiceOptions} that were checked. */
export type CheckedOptions = Required<Omit<ServiceOptions, 'usage' | 'seed' | 'timeout' | 'poll'>> &
  Pick<ServiceOptions, 'usage' | 'seed'> & { readonly timeoutMs: number; readonly pollMs: number }

/** @throws HeadgateError `INVALID_OPTION`, `INVALID_DURATION` */
export function checkOptions(options: ServiceOptions): CheckedOptions {
  const { store, registry, usage, failure = 'memory', instances = 1, name = 'default' } = options ?? {}
  if (typeof store?.decide !== 'function')
    throw invalidOption(
      'store',
      store,
      'a store',
      'Pass memoryStore() from @headgate/memory, or another store',
    )
  if (typeof registry?.write !== 'function')
    throw invalidOption('registry', registry, 'a registry', 'Pass memoryRegistry({ … }), or another one')
  if (usage !== undefined && typeof usage?.onDecision !== 'function')
    throw invalidOption('usage', usage, 'what createUsage() returns', 'Leave it out to keep none')
  if (!['memory', 'allow', 'deny'].includes(failure))
    throw invalidOption('failure', failure, '"memory", "allow" or "deny"', 'Leave it out for "memory"')
  checkName(name, 'name')
  checkWhole('instances', instances, 1, 1_000, 'Leave it out for 1')
  const pollMs = toMs(options.poll ?? '1s', 'poll')
  checkWhole('poll', pollMs, 10, 3_600_000, 'Leave it out for "1s"')
  const timeoutMs = toMs(options.timeout ?? '250ms', 'timeout')
  checkWhole('timeout', timeoutMs, 1, 2 ** 31 - 1, 'Leave it out for "250ms"')
  return {
    ...options,
    name,
    failure,
    instances,
    headers: options.headers ?? 'draft-11',
    shadow: shadowIn(options.shadow),
    dashboard: options.dashboard ?? true,
    logger: options.logger ?? false,
    clock: options.clock ?? systemClock(),
    timeoutMs,
    pollMs,
  }
}

function shadowIn(shadow: readonly string[] = []): readonly string[] {
  if (!Array.isArray(shadow)) throw invalidOption('shadow', shadow, 'a list of names', 'Pass ["daily"]')
  for (const name of shadow) checkName(name, 'shadow')
  return shadow
}
