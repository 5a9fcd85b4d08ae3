import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type uPlot from 'uplot'
import { plural, showClock, showCount, showRate } from '../lib/format.ts'
import type { LiveSecond } from '../lib/types.ts'
import { Legend } from './legend.tsx'
import { countAxis, countScale, Plot, type PlotOptions, quietCursor, type Theme, timeAxis } from './plot.tsx'

interface Props {
  /** Seconds that have passed in full, oldest first. */
  readonly seconds: readonly LiveSecond[]
}

/** Decisions per second. */
export function TrafficChart({ seconds }: Props) {
  const point = useSignal<number | undefined>(undefined)
  const data = useMemo<uPlot.AlignedData>(
    () => [
      seconds.map(({ at }) => at),
      seconds.map(({ allowed }) => allowed),
      seconds.map(({ denied }) => denied),
      seconds.map(({ degraded }) => degraded),
    ],
    [seconds],
  )
  const shown = point.value === undefined ? undefined : seconds[point.value]
  const mean = (of: 'allowed' | 'denied' | 'degraded'): string =>
    showRate(seconds.reduce((sum, second) => sum + second[of], 0) / Math.max(1, seconds.length))
  const figure = (of: 'allowed' | 'denied' | 'degraded'): string => (shown ? showCount(shown[of]) : mean(of))
  return (
    <>
      <Legend
        title={shown ? showClock(shown.at * 1_000) : 'mean per second'}
        items={[
          { name: 'allowed', colour: 'allowed', value: figure('allowed') },
          { name: 'denied', colour: 'denied', value: figure('denied') },
          { name: 'degraded', colour: 'degraded', value: figure('degraded') },
        ]}
      />
      <Plot
        label={`Decisions per second over the last ${plural(seconds.length, 'second')}: on average ${mean('allowed')} allowed, ${mean('denied')} denied, ${mean('degraded')} degraded.`}
        height={240}
        shape="traffic"
        data={data}
        options={optionsOf}
        onPoint={(index) => {
          point.value = index
        }}
      />
    </>
  )
}

function optionsOf(theme: Theme): PlotOptions {
  return {
    cursor: quietCursor,
    scales: { y: countScale },
    axes: [
      { ...timeAxis(theme), values: (_, splits) => splits.map((at) => showClock(at * 1_000)) },
      countAxis(theme),
    ],
    series: [
      {},
      { stroke: theme.allowed, fill: `${theme.allowed}22`, width: 1.5, points: { show: false } },
      { stroke: theme.denied, fill: `${theme.denied}33`, width: 1.5, points: { show: false } },
      { stroke: theme.degraded, width: 1.5, dash: [4, 3], points: { show: false } },
    ],
  }
}
