import { createSeries, type SeriesOf } from './series.ts'

/** Values by the names of labels. */
export type Labels = { readonly [name: string]: string }

/** A number with its labels. */
interface Sample {
  readonly labels: Labels
  value: number
}

/** How often durations were at most each bound, and their sum. */
interface Spread {
  readonly labels: Labels
  /** One for each bound, and one for what is past the last. */
  readonly counts: number[]
  sum: number
}

/** What is the same in all kinds of metrics. */
export interface FamilyOptions {
  readonly name: string
  readonly help: string
  readonly maxSeries: number
  readonly open: number
  readonly together?: readonly string[]
  /** The labels that the values of a series stand for. */
  labelsOf(values: readonly string[]): Labels
  onDrop(): void
}

/**
 * What prom-client's registry reads of a metric. Its own classes look a series up by a text of all its labels whenever
 * they count, which takes ten times as long as all that is done here; so series are kept here, and written by the registry.
 */
export interface Family {
  /** The registry takes "_total" off it where it writes OpenMetrics. */
  name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly aggregator: 'sum'
  get(): Promise<object>
  reset(): void
}

/** Numbers that only rise, or that are set. */
export interface NumberFamily extends Family {
  add(number: number, values: readonly string[]): void
  set(number: number, values: readonly string[]): void
}

/** A histogram. */
export interface SpreadFamily extends Family {
  observe(seconds: number, values: readonly string[]): void
}

export function numbers(type: 'counter' | 'gauge', options: FamilyOptions): NumberFamily {
  const series = createSeries<Sample>({
    ...options,
    make: (values) => ({ labels: options.labelsOf(values), value: 0 }),
  })
  return {
    ...family(type, options, series, () => series.all.map(({ labels, value }) => ({ labels, value }))),
    // Whatever a store says: one number that isn't finite would spoil a sum for good.
    add(number, values) {
      if (isAmount(number)) series.at(values).value += number
    },
    set(number, values) {
      series.at(values).value = number
    },
  }
}

export function spreads(bounds: readonly number[], options: FamilyOptions): SpreadFamily {
  const series = createSeries<Spread>({
    ...options,
    make: (values) => ({
      labels: options.labelsOf(values),
      counts: new Array<number>(bounds.length + 1).fill(0),
      sum: 0,
    }),
  })
  const samplesOf = ({ labels, counts, sum }: Spread): object[] => {
    let count = 0
    const buckets = counts.map((own, i) => {
      count += own
      return {
        labels: { le: bounds[i] ?? '+Inf', ...labels },
        value: count,
        metricName: `${options.name}_bucket`,
      }
    })
    return [
      ...buckets,
      { labels, value: sum, metricName: `${options.name}_sum` },
      { labels, value: count, metricName: `${options.name}_count` },
    ]
  }
  return {
    ...family('histogram', options, series, () => series.all.flatMap(samplesOf)),
    observe(seconds, values) {
      if (!isAmount(seconds)) return
      const spread = series.at(values)
      let i = 0
      while (i < bounds.length && seconds > (bounds[i] as number)) i++
      spread.counts[i] = (spread.counts[i] as number) + 1
      spread.sum += seconds
    },
  }
}

function isAmount(number: number): boolean {
  return number >= 0 && number < Number.POSITIVE_INFINITY
}

function family<One>(
  type: Family['type'],
  { name, help }: FamilyOptions,
  series: SeriesOf<One>,
  samples: () => readonly object[],
): Family {
  return {
    name,
    type,
    help,
    aggregator: 'sum',
    async get() {
      const { aggregator } = this
      return { name: this.name, type, help, aggregator, values: samples() }
    },
    reset: series.clear,
  }
}
