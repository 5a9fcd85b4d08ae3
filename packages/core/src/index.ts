export { type Algorithm, type Cells, MAX_LEAD } from './algorithms/algorithm.ts'
export { algorithmOf, parseUnits } from './algorithms/index.ts'
export type { MeterRule, MeterUnits } from './algorithms/meter.ts'
export type { Rule, Units } from './algorithms/rule.ts'
export type { SlidingLogRule, SlidingLogUnits } from './algorithms/sliding-log.ts'
export type { SlidingWindowRule, SlidingWindowUnits } from './algorithms/sliding-window.ts'
export type { WindowRule, WindowUnits } from './algorithms/window.ts'
export {
  type Applied,
  adjust,
  applyAdjustments,
  applyChecks,
  cellsIn,
  expiresAt,
  isFromElsewhere,
  isReadable,
} from './apply.ts'
export { type Calendar, type CalendarPeriod, calendarBounds } from './calendar.ts'
export { type CasBackend, type CasEntry, type CasStoreOptions, type CasWrite, casStore } from './cas-store.ts'
export { checkWhole } from './check-whole.ts'
export { type Clock, systemClock } from './clock.ts'
export type { CompiledLimit } from './compile.ts'
export {
  concurrency,
  fixedWindow,
  leakyBucket,
  quota,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from './constructors.ts'
export { createLimiter } from './create-limiter.ts'
export type { Decision, LimitFigures } from './decision.ts'
export { type Duration, toMs } from './duration.ts'
export {
  type ErrorCode,
  type ErrorDetails,
  errorIn,
  faultOf,
  HeadgateError,
  invalidOption,
} from './errors.ts'
export type { ExplainedLimit, Explanation } from './explain.ts'
export { createGather, type Gather, type GatherOptions } from './gather.ts'
export { encodeKey, MAX_SHORT_ID, shortId } from './key.ts'
export type {
  Concurrency,
  FixedWindow,
  LeakyBucket,
  Limit,
  LimitOptions,
  Quota,
  SlidingLog,
  SlidingWindow,
  TokenBucket,
} from './limit.ts'
export type {
  Arguments,
  CostOptions,
  Limiter,
  LimiterOf,
  LimiterOptions,
  NowOption,
  ReserveOptions,
  SyncLimiter,
  VerbOptions,
  WaitOptions,
} from './limiter.ts'
export { type ManualClock, manualClock } from './manual-clock.ts'
export { checkTime, type Micros, parseInstant } from './micros.ts'
export { compileLimit, parseLimit } from './parse-limit.ts'
export { type Cost, checkKey, checkName, type Limits, type NameOf, type Subject } from './plan.ts'
export type { Reservation, Settlement } from './reservation.ts'
export { showValue } from './show-value.ts'
export {
  type Adjustment,
  type Check,
  type DecideOne,
  isSyncStore,
  type Key,
  type Outcome,
  type Result,
  type State,
  type Store,
  type SyncStore,
} from './store.ts'
export type { BreakerOptions, BreakerState } from './wrappers/breaker.ts'
export { type DenialCacheOptions, denialCache } from './wrappers/denial-cache.ts'
export {
  type EventOptions,
  type EventSink,
  type LeaseEvent,
  quiet,
  type StoreEvent,
} from './wrappers/events.ts'
export { type LeasedOptions, leased } from './wrappers/leased.ts'
export { observed } from './wrappers/observed.ts'
export { type ResilientOptions, type ResilientStore, resilient } from './wrappers/resilient.ts'
