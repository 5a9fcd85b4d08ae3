import type { ReplayProgress } from './run.ts'
import { count } from './text.ts'

/** A line on a terminal that is kept up to date. */
export interface ProgressLine {
  update(progress: ReplayProgress): void
  clear(): void
}

const EVERY_MS = 200

/** Shows how far a replay is; nothing at all if the stream isn't a terminal. */
export function progressLine(stream: NodeJS.WriteStream, size: number | undefined): ProgressLine {
  if (!stream.isTTY) return { update() {}, clear() {} }
  const started = performance.now()
  let shownAt = started
  let shown = false
  return {
    update({ bytes, events }) {
      const now = performance.now()
      if (now - shownAt < EVERY_MS) return
      shownAt = now
      shown = true
      const rate = events / ((now - started) / 1_000)
      const part =
        size === undefined || size === 0
          ? ''
          : ` of ${megabytes(size)} (${Math.floor((bytes / size) * 100)}%)`
      stream.write(`\r\x1b[2K${megabytes(bytes)}${part}, ${count(events)} events, ${count(rate)}/s`)
    },
    clear() {
      if (shown) stream.write('\r\x1b[2K')
    },
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
