import { HeadgateError } from '@headgate/core'
import type { PgClient } from './client.ts'
import type { Connections } from './connections.ts'
import { guard } from './guard.ts'

/**
 * The one connection of a client. Statements take turns here, not in the client's own queue, from which those that are given
 * up can't be taken.
 */
export function clientConnection(client: PgClient): Connections {
  const turns = new Set<() => void>()
  let busy = false
  guard(client)

  const turn = (timeout: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer)
        turns.delete(begin)
        resolve()
      }
      const timer = setTimeout(() => {
        turns.delete(begin)
        reject(stillBusy(timeout))
      }, timeout)
      turns.add(begin)
    })

  return {
    pipelines: false,
    isFree: () => true,
    async run(work, timeout) {
      if (busy) await turn(timeout)
      busy = true
      try {
        return await work(client)
      } finally {
        const [next] = turns
        if (next === undefined) busy = false
        else next()
      }
    },
  }
}

function stillBusy(timeout: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_TIMEOUT',
    message: `The client was busy with an earlier statement for ${timeout} ms`,
    fix: 'Use a `pool`, which replaces connections that don’t answer',
  })
}
