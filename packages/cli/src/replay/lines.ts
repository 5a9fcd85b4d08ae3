import { NEWLINE } from './bytes.ts'

/** A record that is longer than this, in bytes, is malformed: memory stays bounded whatever a log holds. */
export const MAX_RECORD: number = 1_048_576

/** Input is handed on in blocks of at least this many bytes: one by one, lines would cost more to pass on than to read. */
const MIN_BLOCK = 65_536
const MAX_PIECE = 262_144

/** A part of a log: whole lines, except that the last block ends where the log does. */
export interface Block {
  readonly bytes: Buffer
  /** Whether the log ends here. */
  readonly last: boolean
  /** Lines before this block that were dropped because they were too long. */
  readonly tooLong: number
}

/**
 * Cuts bytes into blocks of whole lines. A line may be spread over any number of chunks; once it is longer than
 * {@link MAX_RECORD} it is dropped up to its end. When the signal is aborted, what came until then is the log, without the
 * line that was being read.
 */
export async function* readBlocks(
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Block> {
  let parts: Buffer[] = []
  let size = 0
  /** Bytes that came since the last block. */
  let fresh = 0
  let skipping = false
  let tooLong = 0
  let first = true

  /** The gathered bytes as a block; what follows the last newline is kept for the next one. */
  const cut = (last: boolean): Block => {
    let bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size)
    if (first && bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
      bytes = bytes.subarray(3)
    if (bytes.length > 0) first = false
    if (bytes.length > MAX_RECORD) {
      const lineEnd = bytes.indexOf(NEWLINE)
      if (lineEnd < 0 || lineEnd > MAX_RECORD) {
        tooLong++
        skipping = lineEnd < 0
        bytes = skipping ? bytes.subarray(bytes.length) : bytes.subarray(lineEnd + 1)
      }
    }
    const end = last ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1
    const rest = bytes.subarray(end)
    parts = rest.length > 0 ? [rest] : []
    size = rest.length
    fresh = 0
    const block = { bytes: bytes.subarray(0, end), last, tooLong }
    tooLong = 0
    return block
  }

  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += MAX_PIECE) {
        const length = Math.min(MAX_PIECE, chunk.length - at)
        let piece = Buffer.from(chunk.buffer, chunk.byteOffset + at, length)
        if (skipping) {
          const lineEnd = piece.indexOf(NEWLINE)
          if (lineEnd < 0) continue
          skipping = false
          piece = piece.subarray(lineEnd + 1)
        }
        if (piece.length === 0) continue
        parts.push(piece)
        size += piece.length
        fresh += piece.length
        if (fresh >= MIN_BLOCK) yield cut(false)
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error
  }
  yield cut(!signal?.aborted)
}
