import { rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type FileRegistryOptions, fileRegistry } from '../../src/registry/file-registry.ts'
import type { Change, Registry } from '../../src/registry/registry.ts'
import { codeOf, temporaryFolder } from './support.ts'

const YAML = `
default: free
plans:
  free: { daily: 1000 }
  pro: { extends: free, monthly: 1000000, limits: { exports: { algorithm: sliding-log, limit: 5, window: 1h } } }
  open: { extends: pro, daily: null }
subjects:
  acme: pro
  globex: { plan: pro, monthly: 5000000, until: 2999-01-01T00:00:00Z }
  __proto__: open
  "😀": free
  "\\uff5e": free
`

/** Puts it there as a whole: whoever looks in the middle would see a file that is wrong. */
async function write(path: string, text: string): Promise<string> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
  return path
}

async function open(path: string, options: Partial<FileRegistryOptions> = {}): Promise<Registry> {
  const registry = await fileRegistry(path, {
    onError: (error) => {
      throw error
    },
    interval: 20,
    ...options,
  })
  onTestFinished(() => registry.close())
  return registry
}

const wait = { timeout: 20_000 }

test('it says what the file says, as it could be written again', async () => {
  const registry = await open(await write(join(temporaryFolder(), 'plans.yaml'), YAML))
  expect([registry.name, registry.readOnly]).toEqual(['file', true])
  const pro = {
    daily: 1_000,
    monthly: 1_000_000,
    limits: { exports: { algorithm: 'sliding-log', limit: 5, window: '1h' } },
  }
  const { daily: _, ...unlimited } = pro
  const plans = { free: { daily: 1_000 }, pro, open: unlimited }
  expect(await registry.plans()).toEqual({ revision: 1, default: 'free', plans })
  expect('constructor' in (await registry.plans()).plans).toBe(false)
  expect(await registry.subjects({ limit: 10 })).toEqual(
    [
      { subject: '__proto__', assignment: { plan: 'open' } },
      { subject: 'acme', assignment: { plan: 'pro' } },
      {
        subject: 'globex',
        assignment: { plan: 'pro', monthly: 5_000_000, until: expect.stringMatching(/^2999-01-01T00:00:00/) },
      },
      { subject: '\uff5e', assignment: { plan: 'free' } },
      { subject: '😀', assignment: { plan: 'free' } },
    ].map((one) => ({ ...one, changedAt: expect.any(Number) })),
  )
  expect((await registry.subject('acme'))?.assignment).toEqual({ plan: 'pro' })
  expect(await registry.subject('toString')).toBeUndefined()
  expect(await registry.changes({ limit: 10 })).toEqual([
    {
      id: 1,
      at: expect.any(Number),
      actor: 'file',
      change: { type: 'plans.replaced', default: 'free', plans },
    },
  ])
})

test('nothing can be written but that usage was forgotten, and it says where plans are', async () => {
  const registry = await open(await write(join(temporaryFolder(), 'plans.yaml'), YAML))
  const by = { actor: 'ann', revision: 1 }
  const changes: Change[] = [
    { type: 'plans.replaced', default: 'a', plans: { a: { daily: 1 } } },
    { type: 'plan.set', plan: 'free', options: { daily: 1 } },
    { type: 'plan.deleted', plan: 'open' },
    { type: 'default.set', plan: 'pro' },
    { type: 'subject.set', subject: 'acme', assignment: { plan: 'free' } },
    { type: 'subject.deleted', subject: 'acme' },
  ]
  for (const change of changes) {
    await expect(registry.write(change, by)).rejects.toMatchObject({
      code: 'READ_ONLY',
      message: expect.stringContaining('plans.yaml'),
    })
  }
  expect(
    await registry.write({ type: 'subject.reset', subject: 'acme' }, { actor: 'ann', revision: 7 }),
  ).toBe(2)
  expect(await registry.changes({ limit: 10, subject: 'acme' })).toMatchObject([
    { id: 2, actor: 'ann', change: { type: 'subject.reset' } },
  ])
  expect((await registry.plans()).revision).toBe(1)
})

test('it follows the file: changed, the same again, wrong, gone, and behind a link', async () => {
  const folder = temporaryFolder()
  const path = await write(join(folder, 'plans.yaml'), YAML)
  const link = join(folder, 'link.yaml')
  await symlink(path, link)
  const errors: unknown[] = []
  // A listener that throws is no reason to stop.
  const registry = await open(link, {
    onError(error) {
      errors.push(error)
      throw error
    },
  })
  const daily = async () => (await registry.plans()).plans['free']?.daily
  const becomes = (limit: number) => vi.waitFor(async () => expect(await daily()).toBe(limit), wait)
  const fails = (count: number) => vi.waitFor(() => expect(errors.length).toBeGreaterThanOrEqual(count), wait)
  const acme = await registry.subject('acme')
  await sleep(2)

  await write(path, YAML.replace('daily: 1000', 'daily: 2000'))
  await becomes(2_000)
  expect((await registry.plans()).revision).toBe(2)
  await write(path, YAML.replace('daily: 1000', 'daily: 3000'))
  await becomes(3_000)

  // Only somebody's plan.
  await write(path, YAML.replace('daily: 1000', 'daily: 3000').replace('globex: {', 'globex: { daily: 7,'))
  await vi.waitFor(async () => expect((await registry.plans()).revision).toBe(4), wait)
  const globex = await registry.subject('globex')
  expect(globex?.assignment).toMatchObject({ plan: 'pro', daily: 7 })
  expect(globex?.changedAt).toBeGreaterThan(acme?.changedAt ?? 0)
  expect(await registry.subject('acme')).toEqual(acme)

  // Another text that says the same is no change; what follows it is the next.
  await write(
    path,
    `# the same\n${YAML.replace('daily: 1000', 'daily: 3000').replace('globex: {', 'globex: { daily: 7,')}`,
  )
  await sleep(100)
  expect(errors).toEqual([])
  await write(path, YAML.replace('daily: 1000', 'daily: none'))
  await fails(1)
  expect(errors[0]).toMatchObject({ option: 'plans.free.daily' })
  await write(path, YAML.replace('acme: pro', 'acme: gold'))
  await fails(2)
  expect(errors[1]).toMatchObject({ code: 'UNKNOWN_PLAN' })
  await rm(path)
  await fails(3)
  expect(errors[2]).toMatchObject({ code: 'ENOENT' })
  expect([await daily(), (await registry.plans()).revision]).toEqual([3_000, 4])

  // Without a plan, and without those who were on it.
  const fewer = 'default: free\nplans: { free: { daily: 4000 } }\n'
  await write(path, fewer)
  await becomes(4_000)
  expect(Object.keys((await registry.plans()).plans)).toEqual(['free'])
  expect(await registry.subjects({ limit: 10 })).toEqual([])
  await write(join(folder, 'other.yaml'), fewer.replace('4000', '5000'))
  await symlink(join(folder, 'other.yaml'), join(folder, 'next'))
  await rename(join(folder, 'next'), link)
  await becomes(5_000)
  const changes = await registry.changes({ after: 0, limit: 100 })
  expect(changes.map(({ id, actor, change }) => [id, actor, change.type])).toEqual(
    [1, 2, 3, 4, 5, 6].map((id) => [id, 'file', 'plans.replaced']),
  )

  await registry.close()
  await write(join(folder, 'other.yaml'), fewer.replace('4000', '6000'))
  await sleep(100)
  expect(await daily()).toBe(5_000)
})

test('a file that is wrong or gone from the beginning is refused', async () => {
  const folder = temporaryFolder()
  expect(await codeOf(() => open(join(folder, 'none.yaml')))).toBe('ENOENT')
  const wrong = await write(join(folder, 'wrong.json'), '{"default":"a","plans":{}}')
  await expect(open(wrong)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining('wrong.json'),
  })
})

test.each<[string, object]>([
  ['onError', { onError: undefined }],
  ['onError', { onError: 'log' }],
  ['interval', { interval: 0 }],
])('options that can’t be meant are refused: %s', async (option, options) => {
  const path = await write(join(temporaryFolder(), 'plans.yaml'), YAML)
  await expect(open(path, options as FileRegistryOptions)).rejects.toMatchObject({ option })
})
