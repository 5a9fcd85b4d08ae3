import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { showCompact } from '../lib/format.ts'

/** The colours of the moment, as the canvas needs them. */
export interface Theme {
  readonly allowed: string
  readonly denied: string
  readonly degraded: string
  readonly text: string
  readonly grid: string
  readonly font: string
}

export type PlotOptions = Omit<uPlot.Options, 'width' | 'height'>

interface Props {
  /** What the chart shows, in a sentence: all that a screen reader has of it. */
  readonly label: string
  readonly data: uPlot.AlignedData
  readonly height: number
  /** The chart is made anew when it changes; the data may change without. */
  readonly shape: string
  options(theme: Theme): PlotOptions
  /** Told over which point the pointer is. */
  onPoint?(index: number | undefined): void
}

/** A chart that is as wide as there is room, and follows the browser's light or dark scheme. */
export function Plot({ label, data, height, shape, options, onPoint }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef({ data, options, onPoint })
  latest.current = { data, options, onPoint }

  useEffect(() => {
    const parent = frame.current
    if (parent === null) return
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const make = (): void => {
      plot.current?.destroy()
      const own = latest.current.options(themeOf(parent))
      plot.current = new uPlot(
        {
          ...own,
          width: parent.clientWidth,
          height,
          legend: { show: false },
          padding: [8, 14, 0, 0],
          hooks: { setCursor: [({ cursor }) => latest.current.onPoint?.(cursor.idx ?? undefined)] },
        },
        latest.current.data,
        parent,
      )
    }
    const resizing = new ResizeObserver(() => {
      if (plot.current && plot.current.width !== parent.clientWidth)
        plot.current.setSize({ width: parent.clientWidth, height })
    })
    make()
    resizing.observe(parent)
    dark.addEventListener('change', make)
    return () => {
      dark.removeEventListener('change', make)
      resizing.disconnect()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [shape, height])

  useEffect(() => {
    if (plot.current && plot.current.data !== data) plot.current.setData(data)
  }, [data])

  return <div ref={frame} class={`plot plot-${height}`} role="img" aria-label={label} />
}

function themeOf(element: Element): Theme {
  const style = getComputedStyle(element)
  const of = (name: string): string => style.getPropertyValue(name).trim()
  return {
    allowed: of('--allowed'),
    denied: of('--denied'),
    degraded: of('--degraded'),
    text: of('--quiet'),
    grid: of('--line'),
    font: `11px ${style.fontFamily}`,
  }
}

const COUNTS = [1, 2, 5].map((first) => Array.from({ length: 15 }, (_, power) => first * 10 ** power))
/** Steps of an axis of whole numbers. */
const STEPS = COUNTS.flat().sort((a, b) => a - b)

/** From zero to a little above the largest. */
export const countScale: uPlot.Scale = {
  range: (_, __, max) => [0, Math.max(4, Math.ceil((max ?? 0) * 1.08))],
}

export function countAxis({ text, grid, font }: Theme): uPlot.Axis {
  return {
    stroke: text,
    font,
    size: 46,
    incrs: STEPS,
    space: 34,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    values: (_, splits) => splits.map(showCompact),
  }
}

export function timeAxis({ text, grid, font }: Theme): uPlot.Axis {
  return {
    stroke: text,
    font,
    size: 28,
    space: 84,
    grid: { show: false },
    ticks: { stroke: grid, width: 1, size: 4 },
  }
}

/** A line that follows the pointer, and no zoom. */
export const quietCursor: uPlot.Cursor = { y: false, drag: { x: false, y: false, setScale: false } }
