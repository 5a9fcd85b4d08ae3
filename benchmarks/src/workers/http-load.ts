import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { REQUEST } from '../http/callers.ts'
import type { Sample } from '../interleave.ts'
import type { Prepare } from './seat.ts'

export interface LoadTask {
  readonly port: number
  /** What every request must be answered with. */
  readonly status: number
}

const CONNECTIONS = 128

/** Clients that each ask again when they are answered, over a connection that is kept. */
export const prepare: Prepare<LoadTask, Sample> = async ({ port, status }) => {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => connect(port, n)))
  return async (ms) => {
    const from = performance.now()
    const counts = await Promise.all(sockets.map((socket) => askFor(socket, status, from + ms)))
    const operations = counts.reduce((sum, count) => sum + count, 0)
    return { operations, ns: (performance.now() - from) * 1e6 }
  }
}

async function connect(port: number, n: number): Promise<Socket> {
  // Linux has all of 127.0.0.0/8: each connection is another client.
  const localAddress = process.platform === 'linux' ? `127.0.1.${n + 1}` : '127.0.0.1'
  const socket = createConnection({ host: '127.0.0.1', port, localAddress, noDelay: true })
  await once(socket, 'connect')
  return socket.setEncoding('latin1')
}

/** Asks until it is late; resolves with the number of answers when none is awaited any more. */
function askFor(socket: Socket, status: number, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answers = 0
    let text = ''
    const end = (settle: () => void): void => {
      socket.removeAllListeners('data').removeAllListeners('close')
      settle()
    }
    socket.once('close', () => end(() => reject(new Error('the server closed a connection'))))
    socket.on('data', (chunk: string) => {
      text += chunk
      if (!isWhole(text)) return
      if (!text.startsWith(`HTTP/1.1 ${status} `)) {
        end(() => reject(new Error(`answered by ${text.slice(0, 40)}, not ${status}`)))
        return
      }
      answers++
      text = ''
      if (performance.now() < until) socket.write(REQUEST)
      else end(() => resolve(answers))
    })
    socket.write(REQUEST)
  })
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(text)
  return text.length >= head + 4 + Number(length?.[1] ?? 0)
}
