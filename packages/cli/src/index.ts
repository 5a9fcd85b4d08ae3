export { asAssigned } from './replay/assigned.ts'
export type { ReaderOptions } from './replay/event.ts'
export type { FormatName } from './replay/formats/index.ts'
export { type ReportSize, report } from './replay/report.ts'
export type {
  AssignedPolicy,
  MalformedExample,
  PlanResult,
  Policy,
  PolicyResult,
  ReplayResult,
  Verdicts,
} from './replay/result.ts'
export { type ReplayOptions, type ReplayProgress, replay } from './replay/run.ts'
export { fileSource, type LogSource, streamSource } from './replay/source.ts'
export type { DeniedKey } from './replay/tally.ts'
export type { TimeUnit } from './replay/time.ts'
export type { Timeline } from './replay/timeline.ts'
export { noPaint, type Paint } from './terminal.ts'
