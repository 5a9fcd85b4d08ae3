export { type Algorithm, MAX_LEAD } from './algorithms/algorithm.ts'
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
} from './apply.ts'
export type { Calendar, CalendarPeriod } from './calendar.ts'
export { type CasBackend, type CasEntry, type CasStoreOptions, type CasWrite, casStore } from './cas-store.ts'
export { type Clock, systemClock } from './clock.ts'
export type { CompiledLimit } from './compile.ts'
export type { Decision, LimitFigures } from './decision.ts'
export { type Duration, toMs } from './duration.ts'
export { type ErrorCode, type ErrorDetails, HeadgateError } from './errors.ts'
export type { ExplainedLimit, Explanation } from './explain.ts'
export { encodeKey, MAX_SHORT_ID, shortId } from './key.ts'
export {
  compileLimit,
  type FixedWindow,
  fixedWindow,
  type LeakyBucket,
  type Limit,
  type LimitOptions,
  leakyBucket,
  parseLimit,
  type Quota,
  quota,
  type SlidingLog,
  type SlidingWindow,
  slidingLog,
  slidingWindow,
  type TokenBucket,
  tokenBucket,
} from './limit.ts'
export {
  type Arguments,
  type CostOptions,
  createLimiter,
  type Limiter,
  type LimiterOf,
  type LimiterOptions,
  type ReserveOptions,
  type SyncLimiter,
  type VerbOptions,
  type WaitOptions,
} from './limiter.ts'
export { type ManualClock, manualClock } from './manual-clock.ts'
export type { Cost, Limits, NameOf, Subject } from './plan.ts'
export type { Reservation, Settlement } from './reservation.ts'
export type {
  Adjustment,
  Cells,
  Check,
  Key,
  Micros,
  Outcome,
  Result,
  State,
  Store,
  SyncStore,
} from './store.ts'
