import type { Server } from 'node:http'
import { Duplex } from 'node:stream'
import type { Handler } from './application.ts'

/** Sends so many requests at once; resolves when all are answered, with how many had the expected status. */
export type Ask = () => Promise<number>

export const REQUEST = `GET / HTTP/1.1\r
Host: localhost\r
User-Agent: headgate-bench\r
Accept: */*\r
Accept-Encoding: gzip, deflate\r
Accept-Language: en\r
\r
`

/**
 * Clients of a server that stand in its own process. Node's own parser and writer are at work, as with any request, but on
 * connections without sockets: the kernel's part, which is most of a request and the least steady, isn't there.
 */
export function serverCallers(
  server: Server,
  status: number,
  together: number,
  addresses: readonly string[],
): Ask {
  const request = Buffer.from(REQUEST)
  const expected = `HTTP/1.1 ${status} `
  let open = 0
  let asExpected = 0
  let resolve: (asExpected: number) => void = () => {}
  /** What is written begins with an answer's head, or is a body that follows by itself. */
  const written = (chunk: string | Buffer): void => {
    const head = chunk.slice(0, expected.length).toString()
    if (!head.startsWith('HTTP/1.1 ')) return
    if (head === expected) asExpected++
    if (--open === 0) resolve(asExpected)
  }
  const connections = Array.from({ length: together }, () => {
    const connection = connect(written)
    server.emit('connection', connection)
    return connection
  })

  let next = 0
  return () => {
    open = together
    asExpected = 0
    const answered = new Promise<number>((done) => {
      resolve = done
    })
    for (const connection of connections) {
      // Another client each time: a few connections stand for many.
      connection.remoteAddress = addresses[next++ % addresses.length]
      connection.push(request)
    }
    return answered
  }
}

interface Connection extends Duplex {
  remoteAddress?: string | undefined
}

function connect(written: (chunk: string | Buffer) => void): Connection {
  return new Duplex({
    decodeStrings: false,
    read() {},
    write(chunk, _encoding, done) {
      written(chunk)
      done()
    },
  })
}

/** The same for a handler, which is simply called. */
export function handlerCallers(
  handler: Handler,
  status: number,
  together: number,
  addresses: readonly string[],
): Ask {
  let next = 0
  return async () => {
    let asExpected = 0
    for (let i = 0; i < together; i++) {
      const address = addresses[next++ % addresses.length] as string
      const response = await handler(new Request('http://localhost/'), address)
      if (response.status === status) asExpected++
    }
    return asExpected
  }
}
