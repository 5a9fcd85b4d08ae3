import { type Clock, HeadgateError, invalidOption } from '@headgate/core'
import {
  createDirectory,
  type Directory,
  definePlans,
  type Plan,
  type Plans,
  parseConfig,
} from '@headgate/plans'
import { changeConflict } from './registry/errors.ts'
import type { Change, Registry, WrittenPlans } from './registry/registry.ts'
import { hasException } from './registry/rules.ts'

/** The plans in force, and who is on which. */
export interface PlanBook {
  /** The plans as they are written, and as they are made ready. */
  readonly current: WrittenPlans & { readonly made: Plans }
  readonly directory: Directory
  /** Whether plans are changed elsewhere, in a file. */
  readonly readOnly: boolean
  /** Checks a change, carries it out, and goes by it. Undefined where there was nothing to do. */
  write(change: Change, options: ChangeOptions): Promise<number | undefined>
  close(): Promise<void>
}

/** Who changes something, and what they have seen. */
interface ChangeOptions {
  readonly actor: string
  /** The revision of the plans that it must still be. */
  readonly revision?: number | undefined
}

/** Options of {@link openPlanBook}. */
export interface PlanBookOptions {
  readonly registry: Registry
  readonly seed: { readonly default: string; readonly plans: WrittenPlans['plans'] } | undefined
  readonly pollMs: number
  readonly clock: Clock
  /** Rejects a plan that can't be served as it is: before it is in force, and not with the first request. */
  readonly rehearse: (plan: Plan) => Promise<void>
  /** Told what can't be told to a caller. */
  readonly onError: (error: unknown) => void
}

/** How often a change is checked anew, because somebody else changed the plans meanwhile. */
const ATTEMPTS = 5
const PAGE = 1_000

/**
 * Reads the plans, and follows what others change. Answers of the registry are kept for a while; a change of one's own is in
 * force at once, one of others after `pollMs`.
 *
 * @throws HeadgateError, as a rejection, where the plans can't be read
 */
export async function openPlanBook({
  registry,
  seed,
  pollMs,
  clock,
  rehearse,
  onError,
}: PlanBookOptions): Promise<PlanBook> {
  // What is changed between the two is met again by the first look.
  let seen = await lastChange(registry)
  const make = async (written: WrittenPlans): Promise<Made> => {
    const made = definePlans(written.plans)
    for (const plan of Object.values<Plan>(made)) await rehearse(plan)
    return { ...written, made }
  }
  let current = await make(await readOrSeed(registry, seed))
  const directory = createDirectory({
    ...configOf(current),
    lookup: async (subject, signal) => (await registry.subject(subject, signal))?.assignment,
    onError: 'default',
    onWarning: onError,
    clock,
  })

  const reload = async (): Promise<void> => {
    const read = await registry.plans()
    // Two readings may overtake each other.
    if (read.revision <= current.revision) return
    const made = await make(read)
    if (read.revision <= current.revision) return
    directory.update(configOf(made))
    current = made
  }

  const follow = async (): Promise<void> => {
    for (;;) {
      const changes = await registry.changes({ after: seen, limit: PAGE })
      for (const { id, change } of changes) {
        if (change.type === 'plans.replaced') directory.forget()
        else if ('subject' in change) directory.forget(change.subject)
        seen = id
      }
      if (changes.some(({ change }) => !('subject' in change))) await reload()
      if (changes.length < PAGE) return
    }
  }

  let isClosed = false
  let looking = Promise.resolve()
  const look = (): void => {
    looking = follow()
      .catch(onError)
      .then(() => {
        if (!isClosed) timer = setTimeout(look, pollMs).unref()
      })
  }
  let timer = setTimeout(look, pollMs).unref()

  /** What is written must be fit to be in force. Tells up to which change exceptions were looked at, where they matter. */
  const check = async (change: Change): Promise<number | undefined> => {
    const { plans, default: name } = current
    const accept = async (next: Pick<WrittenPlans, 'default' | 'plans'>): Promise<number> => {
      const made = checkPlans(next)
      for (const plan of Object.values(made)) await rehearse(plan)
      const upTo = await lastChange(registry)
      await checkExceptions(registry, next.default, made)
      return upTo
    }
    switch (change.type) {
      case 'plans.replaced':
        return accept({ default: change.default, plans: change.plans })
      case 'plan.set':
        return accept({ default: name, plans: { ...plans, [change.plan]: change.options } })
      case 'plan.deleted': {
        const { [change.plan]: gone, ...rest } = plans
        // That it is the default, or somebody's, the registry says; that others begin as it is to be said here.
        if (gone !== undefined && change.plan !== name) checkPlans({ default: name, plans: rest })
        return
      }
      case 'default.set':
        checkPlans({ default: change.plan, plans })
        return
      case 'subject.set': {
        const { subject, assignment } = change
        const alone = createDirectory({ ...configOf(current), subjects: new Map([[subject, assignment]]) })
        await rehearse(await alone.planOf(subject))
        return
      }
      default:
        return
    }
  }

  const attempt = async (change: Change, actor: string): Promise<number | undefined> => {
    // By these plans it is checked, and only on them it may be written: others may be in force when that is done.
    const { revision } = current
    const upTo = await check(change)
    const id = await registry.write(change, { actor, revision, ...(upTo !== undefined && { upTo }) })
    if ('subject' in change) directory.forget(change.subject)
    else await reload()
    return id
  }

  return {
    get current() {
      return current
    },
    directory,
    readOnly: registry.readOnly,
    async write(change, { actor, revision }) {
      for (let left = ATTEMPTS; ; left--) {
        if (revision !== undefined && revision !== current.revision) await reload()
        if (revision !== undefined && revision !== current.revision)
          throw changeConflict(revision, current.revision, 'If-Match')
        try {
          return await attempt(change, actor)
        } catch (error) {
          const isOvertaken = error instanceof HeadgateError && error.code === 'CHANGE_CONFLICT'
          if (!isOvertaken || left === 1) throw error
          await reload()
        }
      }
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await looking
    },
  }
}

type Made = WrittenPlans & { readonly made: Plans }

function configOf({ made, default: name }: Made): { readonly plans: Plans; readonly default: string } {
  return { plans: made, default: name }
}

/** The id of the last change; 0 for none yet. */
async function lastChange(registry: Registry): Promise<number> {
  return (await registry.changes({ limit: 1 }))[0]?.id ?? 0
}

async function readOrSeed(registry: Registry, seed: PlanBookOptions['seed']): Promise<WrittenPlans> {
  const found = await registry.plans()
  if (found.default !== '') return found
  if (seed === undefined) {
    const fix = 'Pass { default: "free", plans: { free: { daily: 1_000 } } }'
    throw invalidOption('seed', seed, 'given where the registry has no plans yet', fix)
  }
  parseConfig(seed)
  try {
    await registry.write({ type: 'plans.replaced', ...seed }, { actor: 'seed', revision: 0 })
  } catch (error) {
    // Another instance was first.
    if (!(error instanceof HeadgateError && error.code === 'CHANGE_CONFLICT')) throw error
  }
  return registry.plans()
}

/** @throws HeadgateError that names the field, as a rejection */
function checkPlans(config: Pick<WrittenPlans, 'default' | 'plans'>): Plans {
  return parseConfig(config).plans
}

/**
 * Customers' exceptions must still make sense under other plans.
 *
 * @throws HeadgateError that names the subject and the field, as a rejection
 */
async function checkExceptions(registry: Registry, name: string, plans: Plans): Promise<void> {
  let after: string | undefined
  for (;;) {
    const page = await registry.subjects({ limit: PAGE, ...(after !== undefined && { after }) })
    // Whoever is on a plan that would go keeps it from going, which the registry says.
    const exceptions = page.filter(({ assignment }) => assignment.plan in plans && hasException(assignment))
    createDirectory({
      plans,
      default: name,
      subjects: new Map(exceptions.map(({ subject, assignment }) => [subject, assignment])),
    })
    after = page.at(-1)?.subject
    if (page.length < PAGE) return
  }
}
