import {
  createLimiter,
  invalidOption,
  type Limiter,
  type Limits,
  type Store,
  type Subject,
  type SyncLimiter,
} from '@headgate/core'
import type { GuardOptions } from './guard-options.ts'
import type { LimitSource } from './limit-source.ts'
import { createReport, type Report } from './report.ts'

/** A limiter, and what it tells of the limits that it enforces. */
export interface Tier {
  readonly limiter: Limiter<Limits>
  /** The same limiter, where it can answer at once. */
  readonly immediate: SyncLimiter<Limits> | undefined
  readonly report: Report
}

/** Which limits are enforced, and which are only tried out. */
export interface Enforcement {
  /** The tier of all keys, where there is one only. */
  readonly only?: Tier
  /** The tier that a key falls in. */
  of(subject: Subject<string>): Tier
}

/**
 * A limit that is enforced for some keys is a limiter more: one that tries it out, and one that doesn't. A key always falls on
 * the same side, in every process, and stays on it while the percentage grows.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 */
export function createEnforcement<Request>(
  options: GuardOptions<Request>,
  store: Store,
  { fixed, known = [] }: Pick<LimitSource<Request>, 'fixed' | 'known'>,
): Enforcement {
  const { shadow = false } = options
  const percentages = percentagesOf(shadow)
  const partial = [...percentages].filter(([, enforced]) => enforced > 0 && enforced < 100)
  const everywhere = [...percentages].flatMap(([limit, enforced]) => (enforced === 0 ? [limit] : []))
  const tiers = new Map<number, Tier>()

  /** `chosen` has a bit for each limit of `partial`: whether it is enforced. */
  const tierOf = (chosen: number): Tier => {
    let tier = tiers.get(chosen)
    if (tier === undefined) {
      const tried = [...everywhere, ...partial.flatMap(([limit], i) => ((chosen >> i) & 1 ? [] : [limit]))]
      tier = makeTier(options, store, { fixed, known }, shadow === true || tried)
      tiers.set(chosen, tier)
    }
    return tier
  }
  const only = tierOf(0)
  if (partial.length === 0) return { only, of: () => only }
  return {
    of(subject) {
      let chosen = 0
      partial.forEach(([limit, enforced], i) => {
        const id = typeof subject === 'string' ? subject : (subject?.[limit] ?? '')
        if (percentileOf(`${limit}/${id}`) < enforced) chosen |= 1 << i
      })
      return tierOf(chosen)
    },
  }
}

function makeTier<Request>(
  { name = 'default', headers }: GuardOptions<Request>,
  store: Store,
  { fixed, known }: { readonly fixed: Limits | undefined; readonly known: readonly Limits[] },
  shadow: true | readonly string[],
): Tier {
  const isEnforced = (limit: string) => shadow !== true && !shadow.includes(limit)
  // Limits that differ by request are given with each call; what is tried out of them goes by the name.
  const limits = fixed ?? (() => ({}))
  const limiter = createLimiter<Limits, unknown, Store>({ store, limits, name, shadow })
  const immediate = 'consumeSync' in limiter ? (limiter as SyncLimiter<Limits>) : undefined
  return { limiter, immediate, report: createReport(headers, isEnforced, known) }
}

function percentagesOf(shadow: unknown): ReadonlyMap<string, number> {
  if (typeof shadow === 'boolean') return new Map()
  if (Array.isArray(shadow)) return new Map(shadow.map((limit: string) => [limit, 0]))
  if (typeof shadow !== 'object' || shadow === null) {
    throw invalidOption(
      'shadow',
      shadow,
      'true, names, or percentages by name',
      'Pass { strict: { enforced: 10 } }',
    )
  }
  const percentages = new Map(
    Object.entries(shadow).map(([limit, share]: [string, { readonly enforced?: unknown }]) => {
      const enforced = share?.enforced
      if (typeof enforced === 'number' && enforced >= 0 && enforced <= 100) return [limit, enforced]
      throw invalidOption(`shadow.${limit}.enforced`, enforced, 'a percentage', 'Give a number from 0 to 100')
    }),
  )
  if (percentages.size > 16) {
    throw invalidOption('shadow', shadow, 'percentages of at most 16 limits', 'Try fewer out at once')
  }
  return percentages
}

/** A number from 0 to 99.99 that follows from the text alone (FNV-1a, 32 bits). */
function percentileOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return ((hash >>> 0) % 10_000) / 100
}
