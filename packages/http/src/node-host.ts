import type { Host } from './host.ts'
import type { Verdict } from './verdict.ts'

/** What is needed of Node's `IncomingMessage`, of HTTP/1 and HTTP/2. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
  readonly socket: { readonly remoteAddress?: string | undefined; readonly destroyed: boolean } & NodeEmitter
}

interface NodeEmitter {
  once(event: 'close', listener: () => void): unknown
  removeListener(event: 'close', listener: () => void): unknown
}

/** What is needed of Node's `ServerResponse`, of HTTP/1 and HTTP/2. */
export interface NodeResponse extends NodeEmitter {
  statusCode: number
  readonly writableFinished: boolean
  setHeader(name: string, value: string): unknown
  write(...args: never[]): unknown
  end(body?: string): unknown
}

/**
 * The host of frameworks that stand on Node's http.
 *
 * @param of the request of Node in the framework's; itself unless told
 * @example
 * ```ts
 * import { nodeHost } from '@headgate/http'
 * import type { IncomingMessage } from 'node:http'
 *
 * const koaHost = nodeHost((ctx: { req: IncomingMessage }) => ctx.req)
 * ```
 */
export function nodeHost<Request = NodeRequest>(
  of: (request: Request) => NodeRequest = (request) => request as NodeRequest,
): Host<Request> {
  return {
    method: (request) => of(request).method ?? 'GET',
    header(request, name) {
      const value = of(request).headers[name]
      return typeof value === 'object' ? value.join(', ') : value
    },
    address: (request) => of(request).socket.remoteAddress,
    onGone(request, listener) {
      const { socket } = of(request)
      if (socket.destroyed) {
        // Not at once: whoever asks isn't ready yet.
        const timer = setTimeout(listener)
        return () => clearTimeout(timer)
      }
      socket.once('close', listener)
      return () => void socket.removeListener('close', listener)
    },
  }
}

/**
 * Carries a verdict out on a response of Node: sets the fields, answers where the request doesn't go on, and watches what is to
 * be settled.
 *
 * @returns whether the request goes on
 */
export function carryOut({ fields, reply, settle }: Verdict, response: NodeResponse): boolean {
  // On the path of every request, where taking pairs apart by a pattern is dearer than it looks.
  for (const field of fields) response.setHeader(field[0], field[1])
  if (reply !== undefined) {
    response.statusCode = reply.status
    response.end(reply.body)
    return false
  }
  if (settle !== undefined) settleWhenSent(response, settle)
  return true
}

/** Settles when a response is through; counts the bytes of its body on the way. */
export function settleWhenSent(response: NodeResponse, settle: NonNullable<Verdict['settle']>): void {
  let bytes = 0
  for (const method of ['write', 'end'] as const) {
    const original = response[method] as (...args: unknown[]) => unknown
    response[method] = function (this: unknown, ...args: unknown[]) {
      bytes += sizeOf(args[0])
      return original.apply(this, args)
    } as (typeof response)[typeof method]
  }
  response.once('close', () => {
    void settle({ status: response.statusCode, bytes, aborted: !response.writableFinished })
  })
}

const encoder = new TextEncoder()

function sizeOf(chunk: unknown): number {
  if (typeof chunk === 'string') return encoder.encode(chunk).length
  return chunk instanceof Uint8Array ? chunk.byteLength : 0
}
