import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A log to read: its bytes, plain or gzip, as a stream. */
export interface LogSource {
  /** For messages. */
  readonly name: string
  /** Bytes in all, as they are stored; undefined where that isn't known. */
  readonly size?: number
  open(signal?: AbortSignal): AsyncIterable<Uint8Array>
}

const CHUNK = 262_144

/**
 * A file, plain or gzip.
 *
 * @throws the system's error (`ENOENT`, `EACCES` …) if there is no such file
 * @example
 * ```ts
 * import { fileSource } from '@headgate/cli'
 *
 * const log = await fileSource('access.log.gz')
 * ```
 */
export async function fileSource(path: string): Promise<LogSource> {
  const info = await stat(path)
  if (info.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR', path })
  return {
    name: path,
    ...(info.isFile() && { size: info.size }),
    open: (signal) => createReadStream(path, { highWaterMark: CHUNK, ...(signal && { signal }) }),
  }
}

/**
 * A stream, such as `process.stdin`, plain or gzip.
 *
 * @example
 * ```ts
 * import { streamSource } from '@headgate/cli'
 *
 * const log = streamSource('stdin', process.stdin)
 * ```
 */
export function streamSource(name: string, stream: Readable): LogSource {
  return {
    name,
    open(signal) {
      signal?.addEventListener('abort', () => stream.destroy(signal.reason as Error), { once: true })
      return stream
    },
  }
}

/**
 * Unpacks what starts like gzip, however many members it has, and hands on anything else as it is. `onRead` is told of
 * bytes as they are stored.
 */
export async function* unpacked(
  chunks: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const iterator = counted(chunks, onRead)
  let head: Uint8Array = new Uint8Array(0)
  while (head.length < 2) {
    const { value, done } = await iterator.next()
    if (done) break
    head = head.length === 0 ? value : Buffer.concat([head, value])
  }
  const all = prepend(head, iterator)
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all
    return
  }
  const packed = Readable.from(all, { objectMode: false, highWaterMark: CHUNK })
  const gunzip = createGunzip({ chunkSize: CHUNK })
  // An error ends both, and comes out of the iteration.
  pipeline(packed, gunzip, () => {})
  yield* gunzip as AsyncIterable<Uint8Array>
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onRead(chunk.length)
    yield chunk
  }
}

async function* prepend(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head
  yield* rest
}
