import { checkWhole } from '../check-whole.ts'
import { type Duration, toMs } from '../duration.ts'
import { invalidOption } from '../errors.ts'

/** `closed`: calls go through. `open`: none does. `half-open`: a few do, to see whether the store is back. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** When a store that fails is left alone. */
export interface BreakerOptions {
  /** Opens when so large a part of the calls failed: above 0, at most 1. 0.5 unless told. */
  readonly failureRatio?: number
  /** The span of time of which calls are counted. `"10s"` unless told. */
  readonly window?: Duration
  /** Never opens by fewer calls than this within the window. 10 unless told. */
  readonly minimumCalls?: number
  /** For how long no call goes through. `"500ms"` unless told; recovery is noticed so much later, at most. */
  readonly openFor?: Duration
  /** How many calls then go through at once, all of which must succeed before the others follow. 1 unless told. */
  readonly probes?: number
}

/** What became of a call: `void` says nothing about the store, such as a mistake of the caller's. */
export type CallResult = 'ok' | 'failed' | 'void'

/** A circuit breaker: a state machine whose time is an argument, in milliseconds by any clock that never runs back. */
export interface Breaker {
  readonly state: BreakerState
  /** When an open breaker next lets a call through. */
  readonly opensAt: number
  /** Asks to call. Undefined: don't. Else the function that must be told, once, what became of the call. */
  admit(now: number): ((result: CallResult, now: number) => void) | undefined
}

/** The window is counted in so many parts, and moves on by one of them at a time. */
const PARTS = 10

/**
 * Closed, it counts; open, it waits; half-open, it probes. A result that arrives after the state has changed since the call
 * began tells of another time, and is dropped.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, `INVALID_DURATION`
 */
export function createBreaker(
  options: BreakerOptions = {},
  onChange: (from: BreakerState, to: BreakerState) => void = () => undefined,
): Breaker {
  const { failureRatio = 0.5, minimumCalls = 10, probes = 1 } = options
  if (!(typeof failureRatio === 'number' && failureRatio > 0 && failureRatio <= 1)) {
    throw invalidOption('breaker.failureRatio', failureRatio, 'above 0 and at most 1', 'Leave it out for 0.5')
  }
  checkWhole('breaker.minimumCalls', minimumCalls, 1, 1_000_000, 'Leave it out for 10')
  checkWhole('breaker.probes', probes, 1, 1_000, 'Leave it out for 1')
  const part = toMs(options.window ?? '10s', 'breaker.window') / PARTS
  const openFor = toMs(options.openFor ?? '500ms', 'breaker.openFor')

  let state: BreakerState = 'closed'
  /** Counts the changes of state: a result belongs to the state in which its call began. */
  let era = 0
  let opensAt = 0
  let counts = createCounts()
  let probing = 0
  let succeeded = 0

  const change = (to: BreakerState): void => {
    const from = state
    state = to
    era++
    counts = createCounts()
    probing = 0
    succeeded = 0
    onChange(from, to)
  }
  const open = (now: number): void => {
    opensAt = now + openFor
    change('open')
  }

  const count = (result: CallResult, now: number): void => {
    if (result === 'void') return
    const { calls, failures } = counts.add(Math.floor(now / part), result === 'failed')
    if (calls >= minimumCalls && failures / calls >= failureRatio) open(now)
  }
  const probed = (result: CallResult, now: number): void => {
    probing--
    if (result === 'failed') open(now)
    else if (result === 'ok' && ++succeeded >= probes) change('closed')
  }

  return {
    get state() {
      return state
    },
    get opensAt() {
      return opensAt
    },
    admit(now) {
      if (state === 'open' && now >= opensAt) change('half-open')
      if (state === 'open') return undefined
      if (state === 'half-open') {
        if (probing + succeeded >= probes) return undefined
        probing++
      }
      const began = era
      const settle = state === 'closed' ? count : probed
      return (result, then) => {
        if (era === began) settle(result, then)
      }
    },
  }
}

/** Calls and failures of the last `PARTS` parts of time, in as many counters. */
function createCounts(): { add(at: number, failed: boolean): { calls: number; failures: number } } {
  const parts = Array.from({ length: PARTS }, () => ({ at: Number.NEGATIVE_INFINITY, calls: 0, failures: 0 }))
  return {
    add(at, failed) {
      const own = parts[at % PARTS] as (typeof parts)[number]
      if (own.at !== at) Object.assign(own, { at, calls: 0, failures: 0 })
      own.calls++
      if (failed) own.failures++
      let [calls, failures] = [0, 0]
      for (const each of parts) {
        if (each.at <= at - PARTS) continue
        calls += each.calls
        failures += each.failures
      }
      return { calls, failures }
    },
  }
}
