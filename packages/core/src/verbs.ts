import { algorithmOf } from './algorithms/index.ts'
import { checkWhole } from './check-whole.ts'
import { systemClock } from './clock.ts'
import { createTakeUnit, decideOne, hasDecideOne } from './decide-one.ts'
import { type Decision, decisionOf, StoreDecision } from './decision.ts'
import { toMs } from './duration.ts'
import { invalidOption } from './errors.ts'
import { type Explanation, explainDecision } from './explain.ts'
import { encodeKey } from './key.ts'
import type {
  CostOptions,
  LimiterOptions,
  NowOption,
  ReserveOptions,
  VerbOptions,
  WaitOptions,
} from './limiter.ts'
import { createLines } from './line.ts'
import { CENTURY_MS, checkTime, type Micros } from './micros.ts'
import {
  type Cost,
  checkName,
  type Limits,
  makeChecks,
  makeKeys,
  makeOneCheck,
  type Plan,
  type Subject,
} from './plan.ts'
import {
  makeTicket,
  markOf,
  type Reservation,
  readTicket,
  type Settlement,
  settlement,
  writeTicket,
} from './reservation.ts'
import { createResolver } from './resolver.ts'
import {
  type Adjustment,
  type Check,
  isSyncStore,
  type Outcome,
  type Store,
  type SyncStore,
} from './store.ts'

type Verb = VerbOptions<Limits, unknown>
type CostVerb = CostOptions<Limits, unknown>
type Key = Subject<string>

/** A limiter's verbs, with names as plain strings; `createLimiter` gives them their types. */
export function createVerbs(options: LimiterOptions<Limits, unknown, Store>): object {
  checkOptions(options)
  const { store, name = 'default' } = options
  const clock = options.clock ?? store.clock ?? systemClock()
  const { fixed, resolve, resolveSync } = createResolver(options, name)
  const lines = createLines()
  const immediate = isSyncStore(store) && hasDecideOne(store) ? store : undefined
  // Where `decideOne` puts its figures, again and again.
  const figures = new Float64Array(4)

  const timeOf = (plan: Plan, verb: CostVerb | undefined): Micros => {
    if (verb?.now !== undefined) return checkTime(verb.now)
    return plan.calendar ? clock.now() : 0
  }
  const ask = (plan: Plan, key: Key, verb: CostVerb | undefined): Check[] =>
    makeChecks(plan, key, costOf(verb), timeOf(plan, verb))

  const consumeNow = (at: SyncStore, plan: Plan, key: Key, verb: CostVerb | undefined): StoreDecision => {
    if (plan.only !== undefined && hasDecideOne(at)) {
      const check = makeOneCheck(plan, plan.only, key, costOf(verb), timeOf(plan, verb))
      return decideOne(at, plan, check, figures, verb?.now)
    }
    const checks = ask(plan, key, verb)
    return decisionOf(plan, checks, at.decideSync(checks, verb?.now), true)
  }
  const takeUnit = createTakeUnit(immediate, fixed, figures)

  const consumeOf = (plan: Plan, key: Key, verb: CostVerb | undefined): Promise<StoreDecision> => {
    if (immediate !== undefined) return Promise.resolve(consumeNow(immediate, plan, key, verb))
    const checks = ask(plan, key, verb)
    return store.decide(checks, verb?.now).then((outcome) => decisionOf(plan, checks, outcome, true))
  }

  const consumeLater = async (key: Key, verb: CostVerb | undefined): Promise<StoreDecision> =>
    consumeOf(await resolve(verb), key, verb)

  // Where all is at hand, a promise of the answer is cheaper than an async function that comes to it.
  const consume = (key: Key, verb?: CostVerb): Promise<StoreDecision> => {
    if (fixed === undefined || verb?.limits !== undefined) return consumeLater(key, verb)
    try {
      const isUnit = verb === undefined && takeUnit !== undefined
      return isUnit ? Promise.resolve(takeUnit(key)) : consumeOf(fixed, key, verb)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  const peek = async (key: Key, verb?: CostVerb): Promise<StoreDecision> => {
    const plan = await resolve(verb)
    const checks = ask(plan, key, verb)
    return peeked(plan, checks, await store.decide(checks.map(free), verb?.now))
  }

  const adjust = async (adjustments: readonly Adjustment[], now: Micros | undefined): Promise<void> => {
    if (now !== undefined) checkTime(now)
    if (adjustments.length > 0) await store.adjust(adjustments, now)
  }

  const refund = async (decision: Decision, units?: number, { now }: NowOption = {}): Promise<void> =>
    adjust(refundOf(decision, units), now)

  const release = async (decision: Decision, { now }: NowOption = {}): Promise<void> =>
    adjust(own(decision).release(), now)

  const reserve = async (key: Key, verb: ReserveOptions<Limits, unknown> = {}): Promise<Reservation> => {
    const ttl = toMs(verb.ttl ?? '1m', 'ttl')
    checkWhole('ttl', ttl, 1, CENTURY_MS, 'Settle within a century')
    const decision = await consume(key, verb)
    const ticket = makeTicket(decision.charges(), verb.now ?? clock.now(), ttl)
    const id = writeTicket(ticket)
    const later: Verb = { ...(verb.limits && { limits: verb.limits }), context: verb.context }
    return {
      id,
      decision,
      expiresAt: Math.floor(ticket.expires / 1_000),
      commit: (actual) => commit(id, actual, later),
      cancel: () => commit(id, 0, later),
    }
  }

  const commit = async (id: string, actual?: Cost<string>, verb?: Verb): Promise<Settlement> => {
    const ticket = readTicket(id)
    if (ticket.held.length === 0) return { settled: false, reason: 'denied' }
    const now = verb?.now === undefined ? clock.now() : checkTime(verb.now)
    const adjustments = settlement(await resolve(verb), ticket, actual, now)
    if (now >= ticket.expires) return { settled: false, reason: 'expired' }
    const { results } = await store.decide([markOf(name, ticket)], verb?.now)
    if (results[0]?.allowed !== true) return { settled: false, reason: 'already' }
    if (adjustments.length > 0) await store.adjust(adjustments, verb?.now)
    return { settled: true }
  }

  const wait = async (key: Key, verb: WaitOptions<Limits, unknown> = {}): Promise<Decision> => {
    const { signal } = verb
    const plan = await resolve(verb)
    const leave = await lines.stand(makeKeys(plan, key).map(encodeKey).join(), signal)
    let decision: StoreDecision
    try {
      for (let nap = SHORTEST_NAP; ; nap = Math.min(2 * nap, LONGEST_NAP)) {
        decision = await consume(key, verb)
        if (decision.allowed || decision.retryAfterMs === null) break
        await clock.sleep(waitsForPlace(plan, decision) ? nap : decision.retryAfterMs, signal)
      }
    } finally {
      leave()
    }
    try {
      signal?.throwIfAborted()
      await clock.sleep(decision.delayMs, signal)
    } catch (reason) {
      await refund(decision)
      throw reason
    }
    return decision
  }

  const verbs = {
    name,
    consume,
    peek,
    refund,
    release,
    reserve,
    commit,
    cancel: (id: string, verb?: Verb) => commit(id, 0, verb),
    wait,
    reset: async (key: Key, verb?: Verb) => store.delete(makeKeys(await resolve(verb), key)),
    explain: async (key: Key, verb?: CostVerb): Promise<Explanation> =>
      explainDecision(await resolve(verb), await peek(key, verb)),
  }
  if (!isSyncStore(store)) return verbs

  return {
    ...verbs,
    consumeSync(key: Key, verb?: CostVerb): Decision {
      if (verb === undefined && takeUnit !== undefined) return takeUnit(key)
      const plan = fixed !== undefined && verb?.limits === undefined ? fixed : resolveSync(verb)
      return consumeNow(store, plan, key, verb)
    },
    peekSync(key: Key, verb?: CostVerb): Decision {
      const plan = resolveSync(verb)
      const checks = ask(plan, key, verb)
      return peeked(plan, checks, store.decideSync(checks.map(free), verb?.now))
    },
    refundSync(decision: Decision, units?: number, { now }: NowOption = {}): void {
      adjustNow(store, refundOf(decision, units), now)
    },
    releaseSync(decision: Decision, { now }: NowOption = {}): void {
      adjustNow(store, own(decision).release(), now)
    },
    resetSync: (key: Key, verb?: Verb): void => store.deleteSync(makeKeys(resolveSync(verb), key)),
  }
}

function costOf(verb: CostVerb | undefined): Cost<string> {
  return verb?.cost === undefined ? 1 : verb.cost
}

/** The same question at no cost: the store looks, and what was asked is worked out here. */
function free(check: Check): Check {
  return { ...check, cost: 0 }
}

function peeked(plan: Plan, checks: readonly Check[], outcome: Outcome): StoreDecision {
  const results = outcome.results.map((result, i) => {
    const { rule: asked, cost } = checks[i] as Check
    const { cells, rule = asked } = result
    return { ...result, allowed: algorithmOf(rule).fits(rule, Array.from(cells), 0, outcome.now, cost) }
  })
  return decisionOf(plan, checks, { ...outcome, results }, false)
}

function adjustNow(store: SyncStore, adjustments: readonly Adjustment[], now: Micros | undefined): void {
  if (now !== undefined) checkTime(now)
  if (adjustments.length > 0) store.adjustSync(adjustments, now)
}

/** How often who waits for a place looks again, in milliseconds: it may come back at any time. */
const SHORTEST_NAP = 25
const LONGEST_NAP = 1_000

/** Whether one of the limits that deny is a matter of places. */
function waitsForPlace({ entries }: Plan, { limits }: StoreDecision): boolean {
  const denies = (name: string): boolean => limits[name]?.allowed === false
  return entries.some(
    ({ name, limit, shadow }) => limit.algorithm === 'concurrency' && !shadow && denies(name),
  )
}

function own(decision: Decision): StoreDecision {
  if (decision instanceof StoreDecision) return decision
  throw invalidOption(
    'decision',
    decision,
    'a decision of a limiter',
    'Pass what consume() gave, not a copy of it',
  )
}

function refundOf(decision: Decision, units: number | undefined): readonly Adjustment[] {
  const given = own(decision)
  if (units !== undefined && (!Number.isSafeInteger(units) || units < 0)) {
    throw invalidOption('units', units, 'a whole number', 'Leave it out to give everything back')
  }
  return given.giveBack(units ?? Number.MAX_SAFE_INTEGER)
}

function checkOptions(options: LimiterOptions<Limits, unknown, Store>): void {
  if (typeof options?.store?.decide !== 'function') {
    throw invalidOption(
      'store',
      options?.store,
      'a store',
      'Pass memoryStore() from @headgate/memory, or another store',
    )
  }
  if (options.name !== undefined) checkName(options.name, 'name')
}
