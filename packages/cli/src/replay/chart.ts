import type { Micros } from '@headgate/core'
import { type Paint, padLeft } from '../terminal.ts'
import { count, isoTime, span } from './text.ts'
import { coarser, type Timeline } from './timeline.ts'

const WIDTH = 44

/** A row for each part of the time: a bar of what was allowed (█) and denied (░), to one scale, and the figures. */
export function chart(
  timeline: Timeline,
  policy: number,
  most: number,
  relative: boolean,
  paint: Paint,
): string[] {
  const { start, width, requests, denied } = coarser(timeline, most)
  const peak = Math.max(1, ...requests)
  const rows = requests.map((all, i) => {
    const no = denied[policy]?.[i] ?? 0
    // At least one mark for whatever isn't nothing.
    const full = Math.max(all > 0 ? 1 : 0, Math.round((all / peak) * WIDTH))
    const bad = no === 0 ? 0 : Math.max(1, Math.round((no / all) * full))
    const good = no === all ? 0 : Math.max(1, full - bad)
    const bar = paint.good('█'.repeat(good)) + paint.bad('░'.repeat(bad))
    const gap = ' '.repeat(Math.max(0, WIDTH + 1 - good - bad))
    const label = labelOf(start + i * width, width, relative)
    return `    ${padLeft(label, 14)}  ${bar}${gap}${padLeft(count(all - no), 11)}${padLeft(count(no), 11)}`
  })
  const head = `    ${padLeft('from', 14)}  ${`${span(width)} a row`.padEnd(WIDTH + 1)}${padLeft('█ allowed', 11)}${padLeft('░ denied', 11)}`
  return [paint.dim(head), ...rows]
}

const MINUTE = 60_000_000
const DAY = 86_400_000_000

function labelOf(at: Micros, width: Micros, relative: boolean): string {
  if (relative) return `+${span(at)}`
  const text = isoTime(at)
  if (width >= DAY) return text.slice(0, 10)
  if (width >= MINUTE) return text.slice(5, 16).replace('T', ' ')
  return width >= 1_000_000 ? text.slice(11, 19) : text.slice(11, 23)
}
