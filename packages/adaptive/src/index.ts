export { adaptiveLimits } from './adaptive-limits.ts'
export { type LagOptions, type LagSignal, lag } from './lag.ts'
export { createLoad, type Load, type LoadChange, type LoadOptions } from './load.ts'
export { failures, type RatioOptions, type RecordingSignal, type SlowOptions, slow } from './ratio.ts'
export type { Signal } from './signal.ts'
export {
  type UsageSource,
  type UsualDailyOptions,
  type UsualOptions,
  usualDaily,
  usualLimit,
} from './usual.ts'
