import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fileRegistry } from '../src/index.ts'
import { start } from './support.ts'

test('a file is followed, customers included, and nothing of it can be changed over HTTP', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'headgate-')), 'plans.json')
  const write = (config: object) => writeFile(path, JSON.stringify(config))
  const plans = { free: { daily: 10 }, pro: { daily: 100 } }
  await write({ default: 'free', plans, subjects: { acme: 'pro' } })
  const errors: unknown[] = []
  const registry = await fileRegistry(path, { onError: (error) => errors.push(error), interval: 20 })
  onTestFinished(() => registry.close())
  const { ask } = await start({ registry })
  const peek = async (subject: string) => (await ask('POST', '/v1/peek', { subject })).json
  expect(await peek('acme')).toMatchObject({ plan: 'pro', remaining: 100 })
  expect(await peek('b')).toMatchObject({ plan: 'free', remaining: 10 })
  expect((await ask('GET', '/v1/whoami')).json.readOnly).toBe(true)
  for (const [method, route, body] of [
    ['PUT', '/v1/plans/x', { daily: 1 }],
    ['PUT', '/v1/plans', { default: 'free', plans }],
    ['DELETE', '/v1/plans/pro', undefined],
    ['PUT', '/v1/default', { plan: 'pro' }],
    ['PUT', '/v1/subjects/b', { plan: 'pro' }],
    ['DELETE', '/v1/subjects/acme', undefined],
  ] as const) {
    const { status, json, headers } = await ask(method, route, body)
    expect({ route, status, code: json.code }).toEqual({ route, status: 405, code: 'READ_ONLY' })
    expect(headers.get('allow')).toBe('GET')
  }
  expect((await ask('POST', '/v1/subjects/acme/reset')).status).toBe(204)

  // Nothing of the plans is changed but who is on them.
  await write({ default: 'free', plans, subjects: { b: { plan: 'pro', daily: 7 } } })
  await expect.poll(() => peek('b')).toMatchObject({ plan: 'pro', remaining: 7 })
  expect(await peek('acme')).toMatchObject({ plan: 'free' })

  await write({ default: 'free', plans: { free: { daily: 'x' } } })
  await expect.poll(() => errors).toHaveLength(1)
  expect(await peek('b')).toMatchObject({ plan: 'pro', remaining: 7 })
})
