export { createMetrics, type DecisionLabels, type Metrics } from './metrics.ts'
export type { AnyRegistry, MetricsOptions } from './options.ts'
