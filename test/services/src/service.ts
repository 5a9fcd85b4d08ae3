import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A real server on this machine, started for a test. */
export interface Service {
  readonly url: string
  /** What it is, for the line that says which servers were real. */
  readonly what: string
  stop(): Promise<void>
}

/** A service that a test may treat badly. */
export interface MortalService extends Service {
  readonly port: number
  /** kill −9: nothing is said to its clients. */
  kill(): Promise<void>
  /** Starts it anew on the same port, with what it kept. */
  restart(): Promise<void>
}

/** A program that listens on a port, and goes when this process does. */
export interface Listener {
  /** All that it has printed so far. */
  log(): string
  stop(signal: NodeJS.Signals): Promise<void>
}

const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 5_000

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Starts a program, and resolves once it accepts connections on `port`. */
export async function listen(
  port: number,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Listener> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  const keep = (data: Buffer) => {
    log = (log + data.toString()).slice(-20_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)

  const end = Date.now() + START_LIMIT_MS
  while (!(await accepts(port))) {
    const gone = child.exitCode !== null || child.signalCode !== null
    if (failure === undefined && !gone && Date.now() < end) {
      await sleep(10)
      continue
    }
    kill()
    process.off('exit', kill)
    throw new Error(`${command} does not listen on ${port}: ${failure?.message ?? log}`)
  }
  return {
    log: () => log,
    async stop(signal) {
      process.off('exit', kill)
      if (hasEnded(child)) return
      const exit = once(child, 'exit')
      child.kill(signal)
      await Promise.race([exit, sleep(STOP_LIMIT_MS, undefined, { ref: false }).then(kill)])
      await exit
    },
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
