import type { AddressInfo, Server } from 'node:net'
import type { GuardOptions } from '@headgate/http'

/** Options of a guard, whatever the framework's request is. */
export type Options = GuardOptions<object>

/** An application that runs, with a guard before all of its routes. */
export interface Served {
  readonly port: number
  close(): Promise<void>
}

/**
 * A framework under test. The application is the same everywhere: `/hello` says hello to every method, `/status/401` answers with
 * that status and "done", `/bytes/1000` sends that many bytes, `/held` answers when the test lets it, `/decision` says what the
 * handler is told, as `{"remaining":…}`.
 */
export interface Framework {
  readonly name: string
  /** Starts the application on a free port. Rejects or throws when the options are refused. */
  serve(options: Options): Promise<Served>
  /** A field of what this framework calls a request. */
  header(request: object, name: string): string | undefined
}

/** Waits until a server listens, and says where. */
export async function served(server: Server, listening: Promise<unknown>): Promise<Served> {
  await listening
  const { port } = server.address() as AddressInfo
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server)
          (server as Server & { closeAllConnections(): void }).closeAllConnections()
      }),
  }
}

/** Requests that are under way: each is answered when it is called. */
export const underWay: (() => void)[] = []

/** What `/held` sends, when the test lets it. */
export function held(): Promise<string> {
  return new Promise((resolve) => underWay.push(() => resolve('held')))
}

/** What `/bytes/…` sends. */
export function bytes(count: string | undefined): string {
  return 'x'.repeat(Number(count))
}
