import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy before a server, that can do to it what networks do. */
export interface Proxy {
  readonly port: number
  readonly host: '127.0.0.1'
  /**
   * What happens to what passes:
   * - `pass`: nothing
   * - `blackhole`: nothing arrives on either side, and nobody is told
   * - `drop-replies`: requests arrive, replies don't
   * - `refuse`: connections are reset, those that are there and those that come
   */
  mode: 'pass' | 'blackhole' | 'drop-replies' | 'refuse'
  /** Milliseconds by which replies are held back; 0 at first. */
  replyDelay: number
  /** How many connections are open. */
  readonly connections: number
  /** Resets what is open; new connections are served as `mode` says. */
  reset(): void
  stop(): Promise<void>
}

export async function startProxy(target: { readonly port: number; readonly host?: string }): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let mode: Proxy['mode'] = 'pass'
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  const server = createServer((client) => {
    if (mode === 'refuse') return void client.resetAndDestroy()
    const upstream = connect(target.port, target.host ?? '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.destroy())
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (data) => {
      if (mode !== 'blackhole') upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (mode === 'blackhole' || mode === 'drop-replies') return
      if (proxy.replyDelay > 0) setTimeout(() => client.destroyed || client.write(data), proxy.replyDelay)
      else client.write(data)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const proxy: Proxy = {
    host: '127.0.0.1',
    port: (server.address() as { port: number }).port,
    replyDelay: 0,
    get mode() {
      return mode
    },
    set mode(next) {
      mode = next
      if (next === 'refuse') reset()
    },
    get connections() {
      return sockets.size / 2
    },
    reset,
    async stop() {
      reset()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
