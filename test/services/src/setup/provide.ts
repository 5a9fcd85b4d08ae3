import type { TestProject } from 'vitest/node'
import type { Provided } from '../provided.ts'
import type { Service } from '../service.ts'

/** Several projects of a run use the same server: whoever comes first starts it, and the last to go stops it. */
const shared = globalThis as { headgateServices?: Map<Provided, Shared> }

interface Shared {
  readonly service: Promise<Service>
  users: number
}

/**
 * A vitest global setup: tells tests the URL that `env` gives, or that of a server which is started for the run.
 * The tests read it with `inject(name)`.
 */
export function provide(name: Provided, env: string, start: () => Promise<Service>) {
  return async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
    const given = process.env[env]
    if (given) {
      project.provide(name, given)
      return undefined
    }
    shared.headgateServices ??= new Map()
    const services = shared.headgateServices
    let entry = services.get(name)
    if (entry === undefined) {
      const from = performance.now()
      entry = { service: start(), users: 0 }
      services.set(name, entry)
      const { what, url } = await entry.service
      console.log(`headgate test: ${what} at ${url}, up in ${(performance.now() - from).toFixed(0)} ms`)
    }
    const used = entry
    used.users++
    const service = await used.service
    project.provide(name, service.url)
    return async () => {
      if (--used.users > 0) return
      services.delete(name)
      await service.stop()
    }
  }
}
