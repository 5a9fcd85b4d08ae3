import {
  type Cost,
  checkName,
  checkWhole,
  type Decision,
  type Duration,
  type Limiter,
  type Limits,
  observed,
  type Settlement,
  toMs,
} from '@headgate/core'
import { createGuard, type Guard, type Host, type Verdict } from '@headgate/http'
import { memoryStore } from '@headgate/memory'
import type { Directory, Plan } from '@headgate/plans'
import type { Metrics } from '@headgate/prometheus'
import { checkSubject } from '@headgate/usage'
import type { Live } from './live.ts'
import type { CheckedOptions } from './options.ts'
import { readReservation, writeReservation } from './reservation.ts'

/** What is asked for. */
interface Question {
  readonly subject: string
  readonly cost?: Cost<string>
  /** Under which name the use is counted; `"requests"` unless told. */
  readonly meter?: string
}

/** A question with the plan by which it is decided. */
export interface Ask extends Question {
  readonly plan: Plan
}

/** What was decided, and by which plan. */
interface Answer {
  readonly decision: Decision
  readonly plan: Plan
}

/** Decides, and tells who counts. */
export interface Decider {
  /** Whether the store is asked: `"open"` while it isn't, since it failed too often. */
  readonly storeState: 'closed' | 'open' | 'half-open'
  /** Takes, or says no. */
  consume(question: Question): Promise<Answer & Pick<Verdict, 'fields' | 'reply'>>
  /** What `consume` would say. */
  peek(question: Question): Promise<Answer>
  /** Takes now what is settled later, by `id`. */
  reserve(
    question: Question,
    ttl: Duration | undefined,
  ): Promise<Answer & { readonly id: string; readonly expiresAt: number }>
  /** Replaces what a reservation holds by what it came to; without `actual`, by what it holds. */
  commit(id: string, actual: Cost<string> | undefined): Promise<Settlement>
  /** Forgets what a subject has used. */
  reset(subject: string): Promise<void>
}

/** How long units may be held: a time that is too far away can't be written into an id. */
const MAX_TTL_MS = 365 * 86_400_000

/** There is no request of a client here: only what an application says of one. */
export const host: Host<Ask> = {
  method: () => 'POST',
  header: () => undefined,
  address: () => undefined,
  onGone: () => () => {},
}

export function createDecider(
  options: CheckedOptions,
  directory: Directory,
  live: Live,
  metrics: Metrics,
): Decider {
  const { usage, name } = options
  let storeState: Decider['storeState'] = 'closed'

  const tell = (decision: Decision, { subject, plan, meter = 'requests' }: Ask): void => {
    live.add(subject, plan.name, decision)
    metrics.decided(decision, { limiter: name, plan: plan.name })
    usage?.onDecision(decision, { subject, plan: plan.name, meter })
  }
  const guard: Guard<Ask> = createGuard(host, {
    store: observed(options.store, metrics.onEvent),
    name,
    key: ({ subject }) => subject,
    limits: ({ plan }) => plan.limits,
    cost: ({ cost = 1 }) => cost,
    headers: options.headers,
    shadow: options.shadow,
    onDecision: tell,
    failure: {
      ...(options.failure === 'memory'
        ? { onError: memoryStore(), share: 1 / options.instances }
        : { onError: options.failure }),
      timeout: options.timeoutMs,
      onEvent(event) {
        metrics.onEvent(event)
        if (event.type === 'breaker') storeState = event.to
      },
    },
  })
  const limiter = guard.limiter as Limiter<Limits>
  const askOf = async (question: Question): Promise<Ask> => {
    // What usage would refuse is refused before anything is taken.
    checkSubject(question.subject)
    if (question.meter !== undefined) checkName(question.meter, 'meter')
    return { ...question, plan: await directory.planOf(question.subject) }
  }

  return {
    get storeState() {
      return storeState
    },

    async consume(question) {
      const ask = await askOf(question)
      const { decision, fields, reply } = await guard.check(ask)
      // Nothing is skipped here, and nobody is on a list: there always is one.
      return { decision: decision as Decision, plan: ask.plan, fields, ...(reply && { reply }) }
    },

    async peek(question) {
      const { subject, plan, cost = 1 } = await askOf(question)
      return { decision: await limiter.peek(subject, { cost, limits: plan.limits }), plan }
    },

    async reserve(question, ttl) {
      if (ttl !== undefined) checkWhole('ttl', toMs(ttl, 'ttl'), 1, MAX_TTL_MS, 'Settle within a year')
      const ask = await askOf(question)
      const { subject, plan, cost = 1, meter = 'requests' } = ask
      const held = await limiter.reserve(subject, {
        cost,
        limits: plan.limits,
        ...(ttl !== undefined && { ttl }),
      })
      const { decision, expiresAt } = held
      tell(decision, ask)
      const { binding, cost: units } = decision
      const id = writeReservation({ subject, plan: plan.name, meter, binding, units, ticket: held.id })
      return { decision, plan, id, expiresAt }
    },

    async commit(id, actual) {
      const { ticket, subject, plan, meter, binding, units } = readReservation(id)
      const { limits } = await directory.planOf(subject)
      const settlement = await limiter.commit(ticket, actual, { limits })
      // Of a limit that isn't named it is 1, as for the limiter.
      const came = typeof actual === 'object' ? (actual[binding] ?? 1) : actual
      if (settlement.settled && came !== undefined && came !== units)
        usage?.correct({ subject, plan, meter, units: came - units })
      return settlement
    },

    async reset(subject) {
      const { limits } = await directory.planOf(subject)
      await limiter.reset(subject, { limits })
    },
  }
}
