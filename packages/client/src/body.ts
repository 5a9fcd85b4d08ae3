/** As much of a Request's body is kept as fits in here. */
const MAX_KEPT = 2 ** 20

type Body = NonNullable<RequestInit['body']>

/**
 * A body as it is now, which can be sent again and again: what the caller changes later isn't sent. Undefined for a stream
 * and for whatever else isn't known to give the same twice.
 */
export function copyBody(body: Body): Body | undefined {
  if (typeof body === 'string' || body instanceof Blob) return body
  if (body instanceof URLSearchParams) return new URLSearchParams(body)
  if (body instanceof ArrayBuffer) return body.slice(0)
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
  }
  if (!(body instanceof FormData)) return undefined
  const copy = new FormData()
  for (const [name, value] of body as unknown as Iterable<[string, string | File]>) {
    if (typeof value === 'string') copy.append(name, value)
    else copy.append(name, value, value.name)
  }
  return copy
}

/** What is kept of a body that is being sent. */
export interface Kept {
  /** The whole body, if it went by already and was small enough. */
  bytes(): Uint8Array<ArrayBuffer> | undefined
  /** Keeps no more, and lets go of the source. */
  release(): void
}

/**
 * Reads along while a Request's body is sent. Whether it was made of a string or of an endless stream doesn't show, so it is
 * kept up to a bound.
 */
export function keepBody(body: ReadableStream<Uint8Array>): Kept {
  const reader = body.getReader()
  let chunks: Uint8Array[] = []
  let size = 0
  let bytes: Uint8Array<ArrayBuffer> | undefined
  let released = false

  const release = (): void => {
    released = true
    chunks = []
    // It settles only when the other reader is done too, so nobody waits for it.
    reader.cancel().catch(() => {})
  }

  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read()
      if (released) return
      if (done) break
      size += value.byteLength
      if (size > MAX_KEPT) return release()
      chunks.push(value)
    }
    bytes = new Uint8Array(size)
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.byteLength
    }
  }
  // A source that fails makes the request fail too; it isn't sent again.
  read().catch(() => {})
  return { bytes: () => bytes, release }
}
