import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type Served, served } from '../frameworks/framework.ts'

/** Starts a reverse proxy of the usual kind: it appends the address that it is called from to X-Forwarded-For. */
export function startForwardingProxy(port: number): Promise<Served> {
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, socket } = incoming
    const before = incoming.headers['x-forwarded-for']
    const from = socket.remoteAddress ?? 'unknown'
    const headers = { ...incoming.headers, 'x-forwarded-for': before ? `${before}, ${from}` : from }
    const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  return served(server.listen(0, '127.0.0.1'), once(server, 'listening'))
}
