import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The connections of a server. */
export interface Connections {
  /** Lets go of those on which nothing is answered: that are idle, or on which a request has not come whole. */
  release(): void
}

/** How long a connection may stand still, in milliseconds, before it is let go. */
const STILL_MS = 120_000

/**
 * Knows what is under way on each connection. Node alone waits, when it closes, for every connection on which nothing was asked
 * yet, such as browsers open in reserve; and it waits for ever for a client that stops reading, while that keeps a connection of
 * the database from all others.
 */
export function watchConnections(server: Server): Connections {
  /** Each with what is to be answered on it; nothing is kept of what was. */
  const all = new Map<Socket, ServerResponse | undefined>()

  server.on('connection', (socket) => {
    all.set(socket, undefined)
    socket.once('close', () => all.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    if (!all.has(socket)) return
    all.set(socket, response)
    response.once('close', () => {
      // Another may have been asked before this one was answered.
      if (all.get(socket) === response) all.set(socket, undefined)
    })
  })
  server.setTimeout(STILL_MS, (socket) => {
    // Only an answer that is still being worked out may take its time.
    if (!isAsked(all.get(socket)) || socket.writableLength > 0) socket.destroy()
  })

  return {
    release() {
      for (const [socket, response] of all) if (!isAsked(response)) socket.destroy()
    },
  }
}

/** Whether a request has come whole, and its answer is not sent yet. */
function isAsked(response: ServerResponse | undefined): boolean {
  return response?.req.complete === true && !response.writableFinished
}
