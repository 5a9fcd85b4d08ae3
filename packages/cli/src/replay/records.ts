import { NEWLINE, SPACE } from './bytes.ts'
import { type Format, UNCLOSED } from './formats/format.ts'
import { MAX_RECORD } from './lines.ts'

/** Takes a log's blocks apart into records. */
export interface Records {
  /** A new log begins. */
  begin(): void
  /** The next block; after the last one nothing is left over. */
  push(block: Buffer, last: boolean): void
  /** A line that never came to be read. */
  skip(reason: string): void
}

/**
 * Calls `visit` with each record that isn't blank, and `reject` with what can't be one. A record whose quotes aren't closed
 * goes on in the next block; if they stay open for more than {@link MAX_RECORD}, or to the end, only its first line is
 * given up: one stray quote must not cost the rest of a log.
 */
export function createRecords(
  format: Format,
  visit: (bytes: Buffer, at: number, end: number, line: number) => void,
  reject: (line: number, reason: () => string) => void,
): Records {
  let line = 1
  let open: Buffer | undefined

  return {
    begin() {
      line = 1
      open = undefined
      format.begin()
    },

    push(block, last) {
      const bytes = open === undefined ? block : Buffer.concat([open, block])
      open = undefined
      let at = 0
      while (at < bytes.length) {
        let end = format.recordEnd(bytes, at)
        if (end === UNCLOSED) {
          if (!last && bytes.length - at <= MAX_RECORD) {
            open = bytes.subarray(at)
            return
          }
          reject(line, () => 'a quote that is never closed')
          end = bytes.indexOf(NEWLINE, at)
          if (end < 0) end = bytes.length
        } else if (!isBlank(bytes, at, end)) visit(bytes, at, end, line)
        line += format.multiline ? linesIn(bytes, at, end) : 1
        at = end + 1
      }
    },

    skip(reason) {
      reject(line++, () => reason)
    },
  }
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) > SPACE) return false
  return true
}

function linesIn(bytes: Buffer, from: number, end: number): number {
  let lines = 1
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1))
    lines++
  return lines
}
