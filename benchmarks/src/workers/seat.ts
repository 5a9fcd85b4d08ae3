import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a worker's module exports as `prepare`. `Found` is what a measurement of about `ms` milliseconds finds. */
export type Prepare<Task, Found> = (task: Task) => Promise<Measure<Found>>
export type Measure<Found> = (ms: number) => Promise<Found>

/** A worker's process. */
export interface Seat<Found> {
  sample(ms: number): Promise<Found>
  close(): Promise<void>
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

/**
 * A process of its own for one contestant, so that no other's code shapes what the engine makes of it; kept alive, and idle
 * between its turns. Resolves when it is ready.
 */
export async function seat<Task, Found>(
  name: string,
  module: string,
  task: Task,
  nodeOptions: readonly string[] = [],
): Promise<Seat<Found>> {
  const child = fork(WORKER, [JSON.stringify({ module, task })], {
    execArgv: [...process.execArgv, ...nodeOptions],
  })
  const close = () => ended(child)
  try {
    await reply(child, name)
  } catch (error) {
    await close()
    throw error
  }
  return {
    close,
    async sample(ms) {
      child.send(ms)
      return (await reply(child, name)) as Found
    },
  }
}

function reply(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      child.off('message', onMessage)
      child.off('exit', onExit)
      settle()
    }
    const onMessage = (message: { readonly error?: string; readonly value?: unknown }) =>
      done(() =>
        message.error === undefined ? resolve(message.value) : reject(new Error(`${name}: ${message.error}`)),
      )
    const onExit = (code: number | null, signal: string | null) =>
      done(() => reject(new Error(`${name}: its process ended (${signal ?? code})`)))
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill()
  })
}
