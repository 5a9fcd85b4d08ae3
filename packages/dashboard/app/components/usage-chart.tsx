import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import uPlot from 'uplot'
import { showCount } from '../lib/format.ts'
import type { UsageBar } from '../lib/usage-bars.ts'
import { Legend } from './legend.tsx'
import { countAxis, countScale, Plot, type PlotOptions, quietCursor, type Theme, timeAxis } from './plot.tsx'

interface Props {
  readonly bars: readonly UsageBar[]
  /** What is counted: `requests`. */
  readonly what: string
  /** Of all the bars. */
  readonly span: string
}

/** Bars by period: what was allowed, and on top of it what was denied. */
export function UsageChart({ bars, what, span }: Props) {
  const point = useSignal<number | undefined>(undefined)
  const data = useMemo<uPlot.AlignedData>(
    () => [
      bars.map((_, i) => i),
      // The sum lies behind what was allowed, so that its rest is seen above.
      bars.map(({ allowed, denied }) => allowed + denied),
      bars.map(({ allowed }) => allowed),
    ],
    [bars],
  )
  const labels = bars.map(({ label }) => label)
  const shown = point.value === undefined ? undefined : bars[point.value]
  const sum = (of: 'allowed' | 'denied'): string => showCount(bars.reduce((sum, bar) => sum + bar[of], 0))
  const figure = (of: 'allowed' | 'denied'): string => (shown ? showCount(shown[of]) : sum(of))
  return (
    <>
      <Legend
        title={shown ? shown.label : span}
        items={[
          { name: `${what} allowed`, colour: 'allowed', value: figure('allowed') },
          { name: 'denied', colour: 'denied', value: figure('denied') },
        ]}
      />
      <Plot
        label={`${span}: ${sum('allowed')} ${what} allowed, ${sum('denied')} denied.`}
        height={200}
        shape={labels.join('|')}
        data={data}
        options={(theme) => optionsOf(theme, labels)}
        onPoint={(index) => {
          point.value = index
        }}
      />
    </>
  )
}

function optionsOf(theme: Theme, labels: readonly string[]): PlotOptions {
  const paths = uPlot.paths.bars?.({ size: [0.78, 48] })
  const series = (colour: string): uPlot.Series => ({
    fill: colour,
    width: 0,
    points: { show: false },
    ...(paths && { paths }),
  })
  return {
    cursor: { ...quietCursor, points: { show: false } },
    scales: { x: { time: false, range: () => [-0.6, labels.length - 0.4] }, y: countScale },
    axes: [
      {
        ...timeAxis(theme),
        incrs: [1, 2, 3, 5, 7, 10, 14, 24, 28, 48, 72, 168, 336, 720],
        values: (_, splits) => splits.map((at) => labels[at] ?? ''),
      },
      countAxis(theme),
    ],
    series: [{}, series(theme.denied), series(theme.allowed)],
  }
}
