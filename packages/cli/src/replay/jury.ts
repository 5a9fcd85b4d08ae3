import type { Decision, Limiter, Limits, Micros, Store, SyncLimiter } from '@headgate/core'
import { createLimiter, invalidOption, isSyncStore } from '@headgate/core'
import type { AssignedPolicy, Policy } from './result.ts'

/** An event of the log that the policies are to judge. */
interface Case {
  /** The number of the event's key, and the key. */
  readonly slot: number
  readonly id: string
  readonly cost: number
  readonly now: Micros
  /** On which plan the key is by then, for each policy that goes by plans. */
  readonly plans: readonly (Policy | undefined)[]
}

/** Every policy, asked about one event after another. */
export interface Jury {
  /** Asks; the verdicts come to `onVerdicts`, at once or with the next `settle`, in the order of the log. */
  ask(event: Case): void
  /** Resolves when everything that was asked has its verdicts. */
  settle(): Promise<void> | undefined
}

/** The verdicts of all policies on an event, in the order of the policies. */
type OnVerdicts = (event: Case, decisions: readonly Decision[]) => void

type Limited = Limiter<Limits, Limits | undefined>
type SyncLimited = SyncLimiter<Limits, Limits | undefined>

/** Policies at a store that answers at once, or at one that is asked over a network. */
export function createJury(
  store: Store,
  policies: readonly (Policy | AssignedPolicy)[],
  onVerdicts: OnVerdicts,
): Jury {
  // A scope of its own: a store that was replayed into before has states of other times.
  const run = crypto.randomUUID().slice(0, 8)
  const limiters = policies.map((policy, i): Limited => {
    const limits = 'planOf' in policy ? planned : replayable(policy.limits)
    return createLimiter<Limits, Limits | undefined>({ store, limits, name: `replay-${run}-${i}` })
  })
  return isSyncStore(store) ? atOnce(limiters as SyncLimited[], onVerdicts) : later(limiters, onVerdicts)
}

/** The limits of the key's plan, with which the limiter is asked. It refuses what isn't any. */
function planned(limits: Limits | undefined): Limits {
  return limits === undefined ? (limits as unknown as Limits) : replayable(limits)
}

const known = new WeakSet<Limits>()

/** @throws {@link HeadgateError} `INVALID_OPTION` for a limit of which a log doesn't tell what it would have done */
function replayable(limits: Limits): Limits {
  if (known.has(limits)) return limits
  for (const [name, { algorithm }] of Object.entries(limits)) {
    if (algorithm !== 'concurrency') continue
    const fix = 'Leave it out: a log doesn’t tell how long requests took'
    throw invalidOption(`limits.${name}`, algorithm, 'a limit that can be replayed', fix)
  }
  known.add(limits)
  return limits
}

function atOnce(limiters: readonly SyncLimited[], onVerdicts: OnVerdicts): Jury {
  const decisions: Decision[] = []
  return {
    ask(event) {
      for (let i = 0; i < limiters.length; i++) {
        const limiter = limiters[i] as SyncLimited
        const context = event.plans[i]?.limits
        decisions[i] = limiter.consumeSync(event.id, { cost: event.cost, now: event.now, context })
      }
      onVerdicts(event, decisions)
    },
    settle: () => undefined,
  }
}

/**
 * Events of one key are asked one after the other, those of different keys together: no decision depends on another key, so the
 * verdicts are those of the log's order.
 */
function later(limiters: readonly Limited[], onVerdicts: OnVerdicts): Jury {
  let asked: Case[] = []

  const judge = async (events: readonly number[], verdicts: (readonly Decision[])[]): Promise<void> => {
    for (const place of events) {
      const { id, cost, now, plans } = asked[place] as Case
      verdicts[place] = await Promise.all(
        limiters.map((limiter, i) => limiter.consume(id, { cost, now, context: plans[i]?.limits })),
      )
    }
  }

  return {
    ask: (event) => void asked.push(event),
    async settle() {
      const lanes = new Map<number, number[]>()
      for (const [place, { slot }] of asked.entries()) {
        const lane = lanes.get(slot)
        if (lane === undefined) lanes.set(slot, [place])
        else lane.push(place)
      }
      const verdicts: (readonly Decision[])[] = new Array(asked.length)
      await Promise.all([...lanes.values()].map((events) => judge(events, verdicts)))
      for (const [place, event] of asked.entries()) onVerdicts(event, verdicts[place] ?? [])
      asked = []
    },
  }
}
