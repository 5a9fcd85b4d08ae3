import type { Store } from '@headgate/core'
import { describe, expect, it } from 'vitest'
import { type ConformOptions, conform, createModel, type It, type LawName, laws } from '../src/index.ts'
import { mapStore } from './support.ts'

/** What `conform` registers with a runner that runs nothing. */
function registered(options: Partial<ConformOptions>): {
  tests: Map<string, () => Promise<void>>
  skipped: string[]
} {
  const tests = new Map<string, () => Promise<void>>()
  const skipped: string[] = []
  const runner: It = (name, test) => tests.set(name, test)
  runner.skip = (name) => skipped.push(name)
  conform({ describe: (_name, body) => body(), it: runner, store: createModel, ...options })
  return { tests, skipped }
}

const names = laws.map(({ name }) => name)

describe('conform', () => {
  it('registers a test for each law', () => {
    expect([...registered({ ordered: true }).tests.keys()]).toEqual(names)
    expect(new Set(names).size).toBe(names.length)
  })

  it('has no test of sync answers for a store that gives none', () => {
    const ordered = true
    const without = names.filter((name) => name !== 'sync answers like async')
    expect([...registered({ ordered, store: mapStore }).tests.keys()]).toEqual(without)
    const later = async () => createModel()
    expect([...registered({ ordered, store: later }).tests.keys()]).toEqual(without)
    expect([...registered({ ordered, store: later, sync: true }).tests.keys()]).toEqual(names)
  })

  it('has no test of the order of calls for a store that promises none', () => {
    expect([...registered({}).tests.keys()]).toEqual(
      names.filter((name) => name !== 'calls keep their order'),
    )
  })

  it('closes the stores that it makes', async () => {
    let open = 0
    const store = (): Store => {
      open++
      return { ...createModel(), close: async () => void open-- }
    }
    const { tests } = registered({ store, runs: 1 })
    for (const test of tests.values()) await test()
    expect(open).toBe(0)
  })

  it('runs as often as it is told, with the same seed the same programs', async () => {
    const asked: string[][] = []
    const store = (): Store => {
      const model = createModel()
      const log: string[] = []
      asked.push(log)
      const decide: Store['decide'] = (checks, now) => {
        log.push(JSON.stringify([now, checks.map(({ rule, cost }) => [rule, cost])]))
        return model.decide(checks, now)
      }
      return { ...model, decide }
    }
    const law = laws.find(({ name }) => name === 'equals the model')
    await law?.check(store, { runs: 3, seed: 7 })
    await law?.check(store, { runs: 3, seed: 7 })
    await law?.check(store, { runs: 6, seed: 7 })
    expect(asked[0]?.length).toBeGreaterThan(0)
    expect(asked[1]).toEqual(asked[0])
    expect(asked[2]?.slice(0, asked[0]?.length)).toEqual(asked[0])
    expect(asked[2]?.length).toBeGreaterThan(asked[0]?.length ?? 0)
  })

  it('says in the name of a skipped test why it is skipped', () => {
    const { tests, skipped } = registered({ skip: [{ law: 'all or nothing', reason: 'one key at a time' }] })
    expect(skipped).toEqual(['all or nothing (skipped: one key at a time)'])
    expect([...tests.keys()]).not.toContain('all or nothing')
    expect(tests.size).toBe(names.length - 2)
  })

  it('refuses a skip of what is no law, or without a reason', () => {
    const unknown = 'everything' as LawName
    expect(() => registered({ skip: [{ law: unknown, reason: 'why not' }] })).toThrow(
      /`skip.law` must be the name of a law, not "everything"/,
    )
    const skip = [{ law: 'all or nothing', reason: ' ' }] as const
    expect(() => registered({ skip })).toThrow(
      /`skip.reason` must be why "all or nothing" is skipped, not " "/,
    )
  })
})
