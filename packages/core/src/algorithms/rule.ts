import type { MeterRule, MeterUnits } from './meter.ts'
import type { SlidingLogRule, SlidingLogUnits } from './sliding-log.ts'
import type { SlidingWindowRule, SlidingWindowUnits } from './sliding-window.ts'
import type { WindowRule, WindowUnits } from './window.ts'

/** A limit compiled to whole numbers: what stores work with. Plain data. */
export type Rule = MeterRule | WindowRule | SlidingWindowRule | SlidingLogRule

/** The part of a rule that says how to read a state. Two rules with equal units read each other's states. */
export type Units = MeterUnits | WindowUnits | SlidingWindowUnits | SlidingLogUnits
