import {
  type Cost,
  type Decision,
  invalidOption,
  type Limiter,
  type Limits,
  type Reservation,
  resilient,
  type Store,
  type Subject,
  toMs,
} from '@headgate/core'
import { createDenials, denialOf, GONE } from './denial.ts'
import { createEnforcement, type Tier } from './enforcement.ts'
import type { GuardOptions } from './guard-options.ts'
import type { Host } from './host.ts'
import { createIdentity } from './identity.ts'
import { createLimitSource } from './limit-source.ts'
import { andThen, type Maybe } from './maybe.ts'
import { checkNames } from './names.ts'
import { createPlaces } from './places.ts'
import { createPrice } from './price.ts'
import { createShaper } from './shaper.ts'
import { createStartup } from './startup.ts'
import type { Finished, Verdict } from './verdict.ts'

/** Decides what becomes of requests. */
export interface Guard<Request, Name extends string = string> {
  /** What it counts with, say to `reset` a key or to `peek` at it. */
  readonly limiter: Limiter<{ readonly [N in Name]: Limits[string] }>
  /**
   * What becomes of a request: at once where the store and the options answer at once, else a promise. Throws or rejects with
   * what the store or an option of yours failed with, for the framework's error handler.
   *
   * @param address the address of the socket's other end, where it follows from more than the request
   */
  check(request: Request, address?: string): Maybe<Verdict<Name>>
  /** Under which key a request is counted. */
  keyOf(request: Request, address?: string): Maybe<Subject<Name>>
}

const PASS: Verdict = { fields: [] }

/**
 * A guard: what every framework's package is a shell over. You need it only to write a shell for another framework.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, or as a limit's constructor does
 * @example
 * ```ts
 * import { fixedWindow } from '@headgate/core'
 * import { carryOut, createGuard, nodeHost } from '@headgate/http'
 * import { memoryStore } from '@headgate/memory'
 * import { createServer } from 'node:http'
 *
 * const guard = createGuard(nodeHost(), { store: memoryStore(), limits: { rate: fixedWindow({ limit: 100, window: '1m' }) } })
 * createServer(async (request, response) => {
 *   if (carryOut(await guard.check(request), response)) response.end('hello')
 * })
 * ```
 */
export function createGuard<Request extends object, Name extends string>(
  host: Host<Request>,
  options: GuardOptions<Request, Name>,
): Guard<Request, Name> {
  // Which names there are is the type's to tell; from here on they are strings.
  return makeGuard(host, options as unknown as GuardOptions<Request>) as unknown as Guard<Request, Name>
}

function makeGuard<Request extends object>(
  host: Host<Request>,
  options: GuardOptions<Request>,
): Guard<Request> {
  const { skip, settle, delay = false, onDecision, onLimited, onWarning = warnConsole } = options
  const { store, countless } = storeOf(options)
  const source = createLimitSource(options)
  if (source.known !== undefined) checkNames(options, source.known)
  const enforcement = createEnforcement(options, store, source)
  const identity = createIdentity(options, host)
  const price = createPrice(options.cost, host)
  const startup = createStartup(options, host, onWarning)
  const { denied, forbidden } = createDenials(options)
  const shaper = createShaper()
  const hasPlaces = createPlaces(source.fixed)
  const ttl = toMs(options.settleWithin ?? '10m', 'settleWithin')

  // Each step goes on at once where it can, and hands on what it found as it is: closures that wait for what is at hand, and
  // objects that only carry, are a good part of what a guard costs.
  const admit = (request: Request, address: string | undefined): Maybe<Verdict> => {
    if (identity.listed !== undefined) {
      const listed = identity.listed(request, address)
      if (listed !== undefined) return listed === 'deny' ? forbidden : PASS
    }
    const subject = identity.subjectOf(request, address)
    return subject instanceof Promise
      ? subject.then((found) => limit(request, found, address))
      : limit(request, subject, address)
  }

  const limit = (request: Request, subject: Subject<string>, address: string | undefined): Maybe<Verdict> => {
    if (!startup.isOver) startup.told(request, subject, address)
    if (source.fixed !== undefined && price.fixed !== undefined) {
      return decide(request, subject, source.fixed, price.fixed)
    }
    const limits = source.of(request)
    return limits instanceof Promise
      ? limits.then((found) => charge(request, subject, found))
      : charge(request, subject, limits)
  }

  const charge = (request: Request, subject: Subject<string>, limits: Limits): Maybe<Verdict> => {
    const cost = price.of(request)
    return cost instanceof Promise
      ? cost.then((found) => decide(request, subject, limits, found))
      : decide(request, subject, limits, cost)
  }

  const decide = (
    request: Request,
    subject: Subject<string>,
    limits: Limits,
    cost: Cost<string>,
  ): Maybe<Verdict> => {
    const tier = enforcement.only ?? enforcement.of(subject)
    const { limiter, immediate } = tier
    const verb = verbOf(limits, cost)
    if (settle !== undefined) {
      return limiter
        .reserve(subject, { ...verb, ttl })
        .then((held) => conclude(request, subject, limits, tier, held.decision, held))
    }
    if (immediate !== undefined) {
      return conclude(request, subject, limits, tier, immediate.consumeSync(subject, verb))
    }
    return limiter
      .consume(subject, verb)
      .then((decision) => conclude(request, subject, limits, tier, decision))
  }

  /** What the limiter isn't to assume by itself. */
  const verbOf = (limits: Limits, cost: Cost<string>) => {
    if (source.fixed === undefined) return { cost, limits }
    return cost === 1 ? undefined : { cost }
  }

  const conclude = (
    request: Request,
    subject: Subject<string>,
    limits: Limits,
    tier: Tier,
    decision: Decision,
    reservation?: Reservation,
  ): Maybe<Verdict> => {
    onDecision?.(decision, request)
    if (!decision.allowed) {
      onLimited?.(decision, request)
      return deny(request, subject, limits, tier, decision)
    }
    const fields = isCountless(decision) ? [] : tier.report.ofAllowed(limits, decision, subject)
    const verdict: Verdict = reservation
      ? { fields, decision, settle: (finished) => settled(request, limits, reservation, finished) }
      : hasPlaces(limits)
        ? { fields, decision, settle: () => released(tier, decision) }
        : { fields, decision }
    return delay && decision.delayMs > 0
      ? hold(request, subject, tier, verdict, decision, reservation)
      : verdict
  }

  const deny = (
    request: Request,
    subject: Subject<string>,
    limits: Limits,
    tier: Tier,
    decision: Decision,
  ): Verdict => {
    if (isCountless(decision)) return denied(request, denialOf(decision, [], true), [])
    const violated = Object.entries(decision.limits).flatMap(([name, { allowed, shadow }]) =>
      allowed || shadow ? [] : [name],
    )
    const isCapacity = violated.every((name) => options.capacity?.includes(name))
    const fields = tier.report.ofDenied(limits, decision, subject, violated)
    return denied(request, denialOf(decision, violated, isCapacity), fields)
  }

  const hold = async (
    request: Request,
    subject: Subject<string>,
    tier: Tier,
    verdict: Verdict,
    decision: Decision,
    reservation: Reservation | undefined,
  ): Promise<Verdict> => {
    const line = typeof subject === 'string' ? subject : JSON.stringify(subject)
    const ran = await shaper.hold(line, decision.delayMs, (listener) => host.onGone(request, listener))
    if (ran) return verdict
    const back = reservation ? reservation.cancel() : tier.limiter.refund(decision)
    await Promise.resolve(back).catch(onWarning)
    return GONE
  }

  const settled = async (
    request: Request,
    limits: Limits,
    reservation: Reservation,
    finished: Finished,
  ): Promise<void> => {
    let actual: Cost<string> | undefined
    try {
      actual = settle?.(finished, request)
    } catch (error) {
      onWarning(error as Error)
    }
    try {
      if (actual !== undefined || hasPlaces(limits)) await reservation.commit(actual)
    } catch (error) {
      onWarning(error as Error)
    }
  }

  /** Who was let in has a place until the response is through. */
  const released = async ({ limiter }: Tier, decision: Decision): Promise<void> => {
    try {
      await limiter.release(decision)
    } catch (error) {
      onWarning(error as Error)
    }
  }

  /** Whether a decision was made without counting: then there are no figures to tell. */
  const isCountless = (decision: Decision): boolean => countless && decision.degraded !== null

  return {
    limiter: enforcement.of('').limiter,
    keyOf: identity.subjectOf,
    check(request, address) {
      if (!startup.isOver) startup.met(request)
      return skip === undefined
        ? admit(request, address)
        : andThen(skip(request), (skipped) => (skipped ? PASS : admit(request, address)))
    },
  }
}

/** The store, with a declared behaviour when it fails; and whether that is one without counting. */
function storeOf<Request>({ store, failure }: GuardOptions<Request>): { store: Store; countless: boolean } {
  if (typeof store?.decide !== 'function') {
    throw invalidOption(
      'store',
      store,
      'a store',
      'Pass memoryStore() from @headgate/memory, or another store',
    )
  }
  if (failure === undefined) return { store, countless: false }
  const declared = typeof failure === 'string' ? { onError: failure } : failure
  return { store: resilient(store, declared), countless: typeof declared.onError === 'string' }
}

function warnConsole(warning: Error): void {
  console.warn(String(warning))
}
