import {
  type Clock,
  checkKey,
  type Duration,
  invalidOption,
  type Limits,
  quiet,
  systemClock,
  toMs,
} from '@headgate/core'
import { type Assigned, type Assignment, assign } from './assignment.ts'
import { openBook, type PlansConfig } from './book.ts'
import { createLookups, type LookupOptions, type Lookups } from './lookups.ts'
import type { Plan } from './plan.ts'
import { isRecord } from './record.ts'

/** Options of {@link createDirectory}. */
export interface DirectoryOptions extends PlansConfig {
  /**
   * Finds out who is on which plan, in a database say; nothing for the default plan. It is asked once for all who wait for
   * the same subject, and again when `ttl` is over. Where it fails, the answer of before stays in force.
   */
  readonly lookup?: (subject: string, signal: AbortSignal) => LookupAnswer | Promise<LookupAnswer>
  /** How long an answer of `lookup` counts. `"30s"` unless told. */
  readonly ttl?: Duration
  /** How long `lookup` may take. `"500ms"` unless told. */
  readonly timeout?: Duration
  /** Of how many subjects answers are kept. 10,000 unless told. */
  readonly maxSubjects?: number
  /** Where `lookup` fails and there is no answer of before: the default plan, or an error, which is so unless told. */
  readonly onError?: 'default' | 'throw'
  /** Told why `lookup` failed, at most once a second. `console.warn` unless told. What it throws is dropped. */
  readonly onWarning?: (warning: Error) => void
  readonly clock?: Clock
}

/** What `lookup` answers. */
export type LookupAnswer = string | Assignment | null | undefined

/** Who is on which plan. */
export interface Directory {
  /**
   * The plan of a subject, with what is different for it; at once where it is known.
   *
   * @throws HeadgateError `INVALID_KEY`; `LOOKUP_FAILED`, as a rejection
   */
  planOf(subject: string): Plan | Promise<Plan>
  /** The limits of {@link planOf}: what a guard's `limits`, or a limiter's, can be. */
  limitsOf(subject: string): Limits | Promise<Limits>
  /** Forgets what `lookup` said of a subject, or of all: say when somebody has bought another plan. */
  forget(subject?: string): void
  /** Goes by other plans and subjects from now on, or, where they are wrong, throws and goes on by the old ones. */
  update(config: PlansConfig): void
}

/**
 * Who is on which plan: told beforehand, looked up, or nobody in particular.
 *
 * @throws HeadgateError `INVALID_OPTION`, `UNKNOWN_PLAN`, or as `definePlans` does
 * @example
 * ```ts
 * import { createLimiter } from '@headgate/core'
 * import { memoryStore } from '@headgate/memory'
 * import { createDirectory, definePlans } from '@headgate/plans'
 *
 * const directory = createDirectory({
 *   plans: definePlans({ free: { daily: 100 }, premium: { daily: 10_000 } }),
 *   default: 'free',
 *   subjects: { acme: 'premium', globex: { plan: 'premium', daily: 50_000 } },
 * })
 * const limiter = createLimiter({ store: memoryStore(), limits: (subject: string) => directory.limitsOf(subject) })
 * await limiter.consume('globex', { context: 'globex' }) // of 50,000
 * ```
 */
export function createDirectory(options: DirectoryOptions): Directory {
  if (!isRecord(options))
    throw invalidOption(
      'options',
      options,
      'an object',
      'Pass { plans: definePlans({ … }), default: "free" }',
    )
  const clock = options.clock ?? systemClock()
  let book = openBook(options)
  const lookups = openLookups(options, clock, (answer, where) =>
    answer === null || answer === undefined ? undefined : assign(answer, book.plans, where),
  )

  const inForce = (assigned: Assigned | undefined): Plan =>
    assigned !== undefined && clock.now() < assigned.until ? assigned.plan : book.default

  const find = (subject: string): Plan | Promise<Plan> => {
    checkKey(subject, 'subject')
    const told = book.subjects.get(subject)
    if (told !== undefined || lookups === undefined) return inForce(told)
    const answer = lookups.of(subject)
    return answer instanceof Promise ? answer.then(inForce) : inForce(answer)
  }

  return {
    planOf: find,
    limitsOf(subject) {
      const plan = find(subject)
      return plan instanceof Promise ? plan.then(({ limits }) => limits) : plan.limits
    },
    forget: (subject) => lookups?.forget(subject),
    update(config) {
      book = openBook(config)
      lookups?.reassign()
    },
  }
}

function openLookups(
  options: DirectoryOptions,
  clock: Clock,
  make: LookupOptions<LookupAnswer>['assign'],
): Lookups | undefined {
  const { lookup, maxSubjects = 10_000, onError = 'throw', onWarning = console.warn } = options
  const ttlMs = toMs(options.ttl ?? '30s', 'ttl')
  const timeoutMs = toMs(options.timeout ?? '500ms', 'timeout')
  if (!Number.isSafeInteger(maxSubjects) || maxSubjects < 1)
    throw invalidOption('maxSubjects', maxSubjects, 'a whole number of at least 1', 'Leave it out for 10,000')
  if (onError !== 'throw' && onError !== 'default')
    throw invalidOption('onError', onError, '"throw" or "default"', 'Leave it out for "throw"')
  if (typeof onWarning !== 'function')
    throw invalidOption('onWarning', onWarning, 'a function', 'Leave it out for console.warn')
  if (lookup === undefined) return
  if (typeof lookup !== 'function')
    throw invalidOption('lookup', lookup, 'a function', 'Pass (subject) => the name of its plan')
  const emit = quiet(onWarning)
  return createLookups<LookupAnswer>({
    lookup,
    ttlMs,
    timeoutMs,
    maxSubjects,
    throws: onError === 'throw',
    warn: (warning) => emit?.(warning),
    clock,
    assign: make,
  })
}
