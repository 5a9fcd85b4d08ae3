import { expect, test } from 'vitest'
import { type MemoryRegistryConfig, memoryRegistry } from '../../src/registry/memory-registry.ts'
import { expectConsistent } from './model.ts'
import { allChanges } from './support.ts'

test('what it begins with are changes too', async () => {
  const registry = memoryRegistry({
    default: 'free',
    plans: { free: { daily: 100 }, pro: { extends: 'free', monthly: 1_000 } },
    subjects: {
      acme: 'pro',
      globex: { plan: 'pro', daily: 5, until: new Date('2999-01-01T00:00:00Z') },
      ['__proto__']: 'pro',
    },
  })
  expect(await registry.plans()).toMatchObject({
    revision: 1,
    default: 'free',
    plans: { free: { daily: 100 }, pro: { extends: 'free', monthly: 1_000 } },
  })
  expect((await registry.subject('acme'))?.assignment).toEqual({ plan: 'pro' })
  const until = '2999-01-01T00:00:00.000Z'
  expect((await registry.subject('globex'))?.assignment).toEqual({ plan: 'pro', daily: 5, until })
  expect((await registry.subject('__proto__'))?.assignment).toEqual({ plan: 'pro' })
  const changes = await expectConsistent(registry)
  expect(changes.map(({ id, actor, change }) => [id, actor, change.type])).toEqual([
    [1, 'config', 'plans.replaced'],
    [2, 'config', 'subject.set'],
    [3, 'config', 'subject.set'],
    [4, 'config', 'subject.set'],
  ])
})

test('what was written isn’t changed by whoever wrote it', async () => {
  const registry = memoryRegistry()
  const options = { daily: 100 }
  const plans = { free: options }
  await registry.write({ type: 'plans.replaced', default: 'free', plans }, { actor: 'ann', revision: 0 })
  options.daily = 1
  expect((await registry.plans()).plans).toEqual({ free: { daily: 100 } })
})

test.each<[unknown, string]>([
  [{ default: 'pro', plans: { free: { daily: 1 } } }, 'default'],
  [{ default: 'free', plans: { free: { daily: 0 } } }, 'plans.free.daily'],
  [{ default: 'free', plans: { free: { daily: 1 } }, subjects: { acme: 'pro' } }, 'subjects["acme"]'],
])('a config that can’t be meant is refused: %j', (config, option) => {
  expect(() => memoryRegistry(config as MemoryRegistryConfig)).toThrow(expect.objectContaining({ option }))
})

test('of more than 10,000 changes the oldest are forgotten', async () => {
  const registry = memoryRegistry()
  const change = { type: 'subject.reset', subject: 'acme' } as const
  for (let i = 0; i < 10_005; i++) await registry.write(change, { actor: 'ann', revision: 0 })
  const changes = await allChanges(registry)
  expect([changes.length, changes[0]?.id, changes.at(-1)?.id]).toEqual([10_000, 6, 10_005])
})
