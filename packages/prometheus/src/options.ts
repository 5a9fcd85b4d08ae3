import { invalidOption } from '@headgate/core'
import {
  register as defaultRegister,
  type OpenMetricsContentType,
  type PrometheusContentType,
  type Registry,
} from 'prom-client'

/** A registry of prom-client, whichever format it writes. */
export type AnyRegistry = Registry<PrometheusContentType> | Registry<OpenMetricsContentType>

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /** Where the metrics are to be found. prom-client's default registry unless told. */
  readonly register?: AnyRegistry
  /** With what every name begins: letters, digits and "_", at most 100. `"headgate_"` unless told. */
  readonly prefix?: string
  /** Upper bounds of the histogram of durations, in seconds, ascending, at most 100. From 50 µs to 2.5 s unless told. */
  readonly buckets?: readonly number[]
  /** How many series a metric has at most, from 1 to 1,000,000. What comes later is counted as `"other"`. 1,000 unless told. */
  readonly maxSeries?: number
}

const BUCKETS: readonly number[] = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
]

/** @throws HeadgateError `INVALID_OPTION` */
export function readOptions(options: MetricsOptions): Required<MetricsOptions> {
  if (typeof options !== 'object' || options === null)
    throw invalidOption('options', options, 'an object', 'Leave it out, or pass { register }')
  const { register = defaultRegister, prefix = 'headgate_', buckets = BUCKETS, maxSeries = 1_000 } = options
  if (!isRegistry(register))
    throw invalidOption('register', register, "a registry of prom-client's", 'Pass new Registry()')
  if (typeof prefix !== 'string' || prefix.length > 100 || !/^(?:[A-Za-z_]\w*)?$/.test(prefix)) {
    const expected = 'a letter or "_", then letters, digits and "_", at most 100 in all'
    throw invalidOption('prefix', prefix, expected, 'Leave it out for "headgate_"')
  }
  if (!Array.isArray(buckets) || buckets.length === 0 || buckets.length > 100 || !buckets.every(isAbove)) {
    const expected = '1 to 100 numbers of seconds above 0, each above the one before'
    throw invalidOption('buckets', buckets, expected, 'Write [0.001, 0.01, 0.1, 1], or leave it out')
  }
  if (!Number.isInteger(maxSeries) || maxSeries < 1 || maxSeries > 1_000_000)
    throw invalidOption(
      'maxSeries',
      maxSeries,
      'a whole number from 1 to 1,000,000',
      'Leave it out for 1,000',
    )
  return { register, prefix, buckets: [...buckets], maxSeries }
}

function isRegistry(register: unknown): register is AnyRegistry {
  if (typeof register !== 'object' || register === null) return false
  const { registerMetric, getSingleMetric, removeSingleMetric } = register as Partial<AnyRegistry>
  return [registerMetric, getSingleMetric, removeSingleMetric].every((method) => typeof method === 'function')
}

function isAbove(bound: unknown, i: number, all: readonly unknown[]): boolean {
  return Number.isFinite(bound) && (bound as number) > (i === 0 ? 0 : (all[i - 1] as number))
}
