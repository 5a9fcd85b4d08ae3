import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HeadgateError } from '@headgate/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readConfig, type WatchOptions, watchConfig } from '../src/file.ts'
import { createDirectory, type PlansConfig } from '../src/index.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-plans-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

const YAML = `
default: free
plans:
  free: { rate: { limit: 60, per: 1m }, daily: 1000 }
  premium: &premium
    rate: { limit: 600, per: 1m }
    burst: 1200
    monthly: 1000000
    limits:
      exports: { algorithm: sliding-log, limit: 5, window: 1h }
  gold:
    <<: *premium
    priority: 5
subjects:
  acme: premium
  globex: { plan: gold, monthly: 5000000, until: 2999-01-01T00:00:00Z }
`

const JSON_TEXT = JSON.stringify({
  $schema: './schema.json',
  default: 'free',
  plans: {
    free: { rate: { limit: 60, per: '1m' }, daily: 1_000 },
    premium: {
      rate: { limit: 600, per: '1m' },
      burst: 1_200,
      monthly: 1_000_000,
      limits: { exports: { algorithm: 'sliding-log', limit: 5, window: '1h' } },
    },
    gold: { extends: 'premium', priority: 5 },
  },
  subjects: {
    acme: 'premium',
    globex: { plan: 'gold', monthly: 5_000_000, until: '2999-01-01T00:00:00Z' },
  },
})

test('YAML and JSON say the same', async () => {
  const [yaml, json] = await Promise.all([
    readConfig(await write('plans.yaml', YAML)),
    readConfig(await write('plans.json', JSON_TEXT)),
  ])
  expect(yaml).toEqual(json)
  expect(createDirectory(yaml).planOf('globex')).toMatchObject({
    name: 'gold',
    priority: 5,
    limits: { monthly: { limit: 5_000_000 }, exports: { limit: 5 } },
  })
})

test.each([
  ['a.json', '{', "can't be read as JSON"],
  ['a.yaml', 'plans: [', "can't be read as YAML"],
  ['a.yaml', 'default: a\ndefault: b', "can't be read as YAML"],
  [
    'a.yaml',
    'default: a\nplans:\n  a: { daily: 1 }\n  a: { daily: 2 }',
    'YAML: "a" stands there twice, again at line 4',
  ],
  ['a.yaml', '', '`config` must be an object'],
  ['a.json', '[]', '`config` must be an object'],
  ['a.json', '{"default":"a","plans":{"a":{"daily":1}},"plan":{}}', '`plan` must be left out'],
  ['a.json', '{"default":"b","plans":{"a":{"daily":1}}}', '`default` is "b", and there is no such plan'],
  ['a.json', '{"plans":{"a":{"daily":1}}}', '`default` is undefined'],
  ['a.json', '{"default":"a","plans":{"a":{"daily":0}}}', '`plans.a.daily` must be a whole number'],
  ['a.json', '{"default":"a","plans":{"__proto__":{"daily":1}}}', '`plans` must be'],
  ['a.json', '{"default":"a","plans":{"a":{"daily":1}},"subjects":{"x":"b"}}', '`subjects["x"]` is "b"'],
  [
    'a.json',
    '{"default":"a","plans":{"a":{"daily":1}},"subjects":{"x":{"plan":"a","extends":"a"}}}',
    '`subjects["x"].extends`',
  ],
])('%s of %s: %s', async (name, text, message) => {
  const path = await write(name, text)
  const error: unknown = await readConfig(path).catch((refusal: unknown) => refusal)
  expect(error).toBeInstanceOf(HeadgateError)
  expect((error as Error).message).toContain(message)
  expect((error as Error).message).toContain(name)
})

test('a key may stand in several places, and be told apart by its kind', async () => {
  const text =
    'default: a\nplans: { a: { daily: 1 }, b: { extends: a, daily: 2 } }\nsubjects: { 1: a, "b": a, a: b }'
  const { subjects } = await readConfig(await write('a.yaml', text))
  expect(Object.keys(subjects ?? {})).toHaveLength(3)
})

test('a file of many subjects is read in one go', async () => {
  const subjects = Array.from({ length: 120_000 }, (_, i) => `  s${i}: a`).join('\n')
  const path = await write('a.yaml', `default: a\nplans: { a: { daily: 1 } }\nsubjects:\n${subjects}\n`)
  const config = await readConfig(path)
  expect(Object.keys(config.subjects ?? {})).toHaveLength(120_000)
})

test('a directory is named', async () => {
  await expect(readConfig(folder)).rejects.toMatchObject({ code: 'EISDIR', path: folder })
})

test('a file that isn’t there is the system’s error', async () => {
  await expect(readConfig(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a file is followed: written, replaced, wrong, gone and there again, and behind a link', async () => {
  const path = await write('plans.yaml', YAML)
  const directory = createDirectory(await readConfig(path))
  const errors: unknown[] = []
  const link = join(folder, 'link.yaml')
  await symlink(path, link)
  const watch = watchConfig(link, {
    onConfig: (config) => directory.update(config),
    onError: (error) => errors.push(error),
    interval: 20,
  })
  const dailyOf = async () => (await directory.limitsOf('nobody'))['daily']
  const becomes = (limit: number) =>
    vi.waitFor(async () => expect(await dailyOf()).toMatchObject({ limit }), { timeout: 10_000 })
  const fails = (how: object) =>
    vi.waitFor(() => expect(errors.at(-1)).toMatchObject(how), { timeout: 10_000 })

  await writeFile(path, YAML.replace('daily: 1000', 'daily: 2000'))
  await becomes(2_000)
  await write('new.yaml', YAML.replace('daily: 1000', 'daily: 3000'))
  await rename(join(folder, 'new.yaml'), path)
  await becomes(3_000)
  await writeFile(path, YAML.replace('daily: 1000', 'daily: none'))
  await fails({ option: 'plans.free.daily' })
  await becomes(3_000)
  await rm(path)
  await fails({ code: 'ENOENT' })
  await writeFile(path, YAML.replace('daily: 1000', 'daily: 4000'))
  await becomes(4_000)
  await write('other.yaml', YAML.replace('daily: 1000', 'daily: 5000'))
  await symlink(join(folder, 'other.yaml'), join(folder, 'next'))
  await rename(join(folder, 'next'), link)
  await becomes(5_000)

  watch.close()
  await writeFile(join(folder, 'other.yaml'), YAML.replace('daily: 1000', 'daily: 6000'))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await dailyOf()).toMatchObject({ limit: 5_000 })
})

test('a file that is being written is waited for', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    const configs: PlansConfig[] = []
    const errors: unknown[] = []
    const path = await write('plans.yaml', '')
    const watch = watchConfig(path, {
      onConfig: (config) => configs.push(config),
      onError: (error) => errors.push(error),
    })
    const read = async () => {
      while (vi.getTimerCount() === 0) await new Promise(setImmediate)
    }
    // Emptied; then a part that would be a right file by itself, and then the rest of it.
    const [part] = YAML.split('  premium:')
    for (const text of [part as string, YAML]) {
      await read()
      await writeFile(path, text)
      vi.advanceTimersByTime(100)
    }
    await read()
    expect([configs, errors]).toEqual([[], []])
    vi.advanceTimersByTime(100)
    while (configs.length === 0) await new Promise(setImmediate)
    expect(Object.keys(configs[0]?.plans ?? {})).toEqual(['free', 'premium', 'gold'])
    expect(errors).toEqual([])
    watch.close()
  } finally {
    vi.useRealTimers()
  }
})

test.each<[string, Record<string, unknown>]>([
  ['onConfig', { onError() {} }],
  ['onError', { onConfig() {} }],
  ['interval', { onConfig() {}, onError() {}, interval: 0 }],
])('a watch without a right %s is an error', (option, options) => {
  expect(() => watchConfig('x', options as unknown as WatchOptions)).toThrow(
    expect.objectContaining({ option }),
  )
})

test('a listener that throws doesn’t end the watch', async () => {
  const path = await write('plans.json', JSON_TEXT)
  const onConfig = vi.fn()
  const onError = vi.fn(() => {
    throw new Error('thrown by onError')
  })
  const watch = watchConfig(path, { onConfig, onError, interval: 10 })
  await expect.poll(() => onConfig.mock.calls.length).toBe(1)
  await write('plans.json', '{')
  await expect.poll(() => onError.mock.calls.length).toBe(1)
  await write('plans.json', JSON_TEXT.replace('gold', 'golden').replace('"plan":"gold"', '"plan":"golden"'))
  await expect.poll(() => onConfig.mock.calls.length).toBe(2)
  watch.close()
})
