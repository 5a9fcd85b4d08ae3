import type { Allowance } from './application.ts'

interface Client {
  count: number
  resetAt: number
}

const SWEEP_MS = 60_000

/**
 * What someone writes who needs a limit and takes no library: a window for each address in a Map, swept once a minute, and the
 * words for the fields. The rest, some ten lines, stands with each framework.
 */
export function handWritten({ units, windowMs }: Allowance) {
  const clients = new Map<string, Client>()
  setInterval(() => {
    const now = Date.now()
    for (const [address, { resetAt }] of clients) if (resetAt <= now) clients.delete(address)
  }, SWEEP_MS).unref()

  return {
    policy: `"requests";q=${units};w=${windowMs / 1_000}`,
    take(address = 'unknown') {
      const now = Date.now()
      let client = clients.get(address)
      if (client === undefined || client.resetAt <= now) {
        client = { count: 0, resetAt: now + windowMs }
        clients.set(address, client)
      }
      client.count++
      const seconds = Math.ceil((client.resetAt - now) / 1_000)
      const remaining = Math.max(0, units - client.count)
      return { allowed: client.count <= units, seconds, standing: `"requests";r=${remaining};t=${seconds}` }
    },
  }
}
