import { expect, test } from 'vitest'
import { memoryRegistry } from '../src/index.ts'
import { PLANS, registryOf, start } from './support.ts'

test('tells the plans as they are written and as they are in force', async () => {
  const { ask } = await start()
  const { json, headers } = await ask('GET', '/v1/plans')
  expect(headers.get('etag')).toBe('"1"')
  expect(json).toMatchObject({ revision: 1, default: 'free', readOnly: false, plans: PLANS })
  expect(json.compiled.pro).toEqual({
    priority: 5,
    limits: {
      rate: { algorithm: 'token-bucket', capacity: 10, refill: 10, per: '1m' },
      daily: { algorithm: 'quota', limit: 1_000, per: 'day' },
    },
  })
})

test('a changed plan is in force with the next decision, and what was used stays used', async () => {
  const { ask } = await start()
  await ask('POST', '/v1/consume', { subject: 'a', cost: 2 })
  expect(
    (await ask('PUT', '/v1/plans/free', { rate: { limit: 5, per: '1m' }, monthly: 9_999 })).json,
  ).toEqual({
    revision: 2,
  })
  const { json } = await ask('POST', '/v1/peek', { subject: 'a' })
  expect(Object.keys(json.limits)).toEqual(['rate', 'monthly'])
  expect(json.remaining).toBe(3)
  // Of what begins as it, too.
  expect((await ask('GET', '/v1/plans')).json.compiled.pro.limits.monthly.limit).toBe(9_999)
})

test('makes, names the default, and deletes', async () => {
  const { ask } = await start()
  expect((await ask('PUT', '/v1/plans/trial', { daily: 5 })).status).toBe(200)
  expect((await ask('PUT', '/v1/default', { plan: 'trial' })).status).toBe(200)
  expect((await ask('POST', '/v1/consume', { subject: 'a' })).json).toMatchObject({
    plan: 'trial',
    remaining: 4,
  })
  expect(await ask('DELETE', '/v1/plans/trial')).toMatchObject({ status: 409, json: { code: 'PLAN_IN_USE' } })
  expect((await ask('PUT', '/v1/default', { plan: 'pro' })).status).toBe(200)
  expect((await ask('DELETE', '/v1/plans/trial')).status).toBe(200)
  expect(await ask('DELETE', '/v1/plans/trial')).toMatchObject({
    status: 404,
    json: { code: 'UNKNOWN_PLAN' },
  })
  const { json } = await ask('GET', '/v1/changes')
  expect(json.changes.map(({ change }: { change: { type: string } }) => change.type)).toEqual([
    'plan.deleted',
    'default.set',
    'default.set',
    'plan.set',
    'plans.replaced',
  ])
  expect(json.changes[0].actor).toBe('the-manager')
})

test('replaces all plans, as long as nobody is on one that goes', async () => {
  const { ask } = await start()
  await ask('PUT', '/v1/subjects/acme', { plan: 'pro' })
  const less = { default: 'free', plans: { free: { daily: 1 } } }
  expect(await ask('PUT', '/v1/plans', less)).toMatchObject({ status: 409, json: { code: 'PLAN_IN_USE' } })
  await ask('DELETE', '/v1/subjects/acme')
  expect((await ask('PUT', '/v1/plans', less)).status).toBe(200)
  expect((await ask('POST', '/v1/consume', { subject: 'acme' })).json).toMatchObject({
    plan: 'free',
    remaining: 0,
  })
})

test.each([
  ['a rate of nothing', 'x', { rate: { limit: 0, per: '1m' } }, 'rate.limit'],
  ['a duration that is none', 'x', { rate: { limit: 1, per: '1y' } }, 'rate.per'],
  ['a field that there is not', 'x', { dayly: 1 }, 'dayly'],
  ['a limit that is none', 'x', { limits: { exports: { algorithm: 'nope' } } }, 'limits.exports.algorithm'],
  ['no limit at all', 'x', {}, undefined],
  ['a base that there is not', 'x', { extends: 'nope' }, 'extends'],
  ['a circle', 'free', { extends: 'pro' }, undefined],
  ['a name that is none', '1x', { daily: 1 }, 'plans'],
  ['a prototype', '__proto__', { daily: 1 }, 'plans'],
  ['what the fields can’t say', 'x', { daily: 1e15 }, undefined],
])('refuses %s, and changes nothing', async (_, name, options, option) => {
  const { ask } = await start()
  const { status, json } = await ask('PUT', `/v1/plans/${name}`, options)
  expect(status).toBe(400)
  if (option !== undefined) expect(json.option).toBe(option)
  expect(json.detail).toMatch(/\w/)
  expect((await ask('GET', '/v1/plans')).json).toMatchObject({ revision: 1, plans: PLANS })
})

test('refuses a limit that the instances can’t share while the store is away', async () => {
  const { ask } = await start({ instances: 4, registry: registryOf({ free: { daily: 8 } }) })
  expect(await ask('PUT', '/v1/plans/tiny', { daily: 3 })).toMatchObject({
    status: 400,
    json: { code: 'INVALID_OPTION' },
  })
  expect(await ask('PUT', '/v1/subjects/a', { plan: 'free', daily: 3 })).toMatchObject({ status: 400 })
  expect((await ask('GET', '/v1/subjects')).json.subjects).toEqual([])
  expect((await ask('PUT', '/v1/plans/small', { daily: 4 })).status).toBe(200)
})

test('says of which plan a field is, where names begin alike', async () => {
  const { ask } = await start()
  await ask('PUT', '/v1/plans/pro.eu', { extends: 'pro', burst: 20 })
  const { status, json } = await ask('PUT', '/v1/plans/pro', { daily: 5 })
  expect({ status, option: json.option }).toEqual({ status: 400, option: 'plans.pro.eu.burst' })
  expect(json.detail).toContain('plans.pro.eu.burst')
  expect((await ask('PUT', '/v1/plans/pro.eu', { burst: 0 })).json.option).toBe('burst')
  expect((await ask('PUT', '/v1/plans/pro', { daily: 5, burst: 20 })).json.option).toBe('burst')
})

test('refuses to delete a plan that another begins as', async () => {
  const { ask } = await start()
  await ask('PUT', '/v1/default', { plan: 'pro' })
  const { status, json } = await ask('DELETE', '/v1/plans/free')
  expect({ status, option: json.option }).toEqual({ status: 400, option: 'plans.pro.extends' })
})

test('refuses a plan under which a customer’s exception makes no sense', async () => {
  const { ask } = await start()
  await ask('PUT', '/v1/subjects/acme', { plan: 'free', burst: 7 })
  const { status, json } = await ask('PUT', '/v1/plans/free', { daily: 9 })
  expect(status).toBe(400)
  expect(json.detail).toContain('acme')
  expect((await ask('GET', '/v1/plans')).json.revision).toBe(1)
})

test('who has seen other plans changes nothing', async () => {
  const { ask } = await start()
  const { headers } = await ask('GET', '/v1/plans')
  const seen = { 'if-match': headers.get('etag') ?? '' }
  expect((await ask('PUT', '/v1/plans/a', { daily: 1 }, seen)).status).toBe(200)
  for (const [method, path, body] of [
    ['PUT', '/v1/plans/b', { daily: 1 }],
    ['DELETE', '/v1/plans/a', undefined],
    ['PUT', '/v1/default', { plan: 'a' }],
    ['PUT', '/v1/plans', { default: 'free', plans: PLANS }],
  ] as const) {
    expect(await ask(method, path, body, seen)).toMatchObject({
      status: 412,
      json: { code: 'CHANGE_CONFLICT' },
    })
  }
  expect((await ask('PUT', '/v1/plans/b', { daily: 1 }, { 'if-match': '*' })).status).toBe(200)
  expect(await ask('PUT', '/v1/plans/b', { daily: 1 }, { 'if-match': 'x' })).toMatchObject({
    status: 400,
    json: { option: 'If-Match' },
  })
})

test('of many changes at once none is lost, and of those that saw the same plans one wins', async () => {
  const { ask } = await start()
  const names = Array.from({ length: 4 }, (_, i) => `p${i}`)
  const put = await Promise.all(names.map((name) => ask('PUT', `/v1/plans/${name}`, { daily: 1 })))
  expect(put.map(({ status }) => status)).toEqual(names.map(() => 200))
  const { json, headers } = await ask('GET', '/v1/plans')
  expect(Object.keys(json.plans).sort()).toEqual(['free', ...names, 'pro'])
  const seen = { 'if-match': headers.get('etag') ?? '' }
  const raced = await Promise.all(names.map((name) => ask('PUT', `/v1/plans/${name}`, { daily: 2 }, seen)))
  expect(raced.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
})

test('what is checked by plans that are changed meanwhile is checked anew', async () => {
  const inner = memoryRegistry({ default: 'free', plans: { ...PLANS, base: { daily: 9 } } })
  let meanwhile: (() => Promise<unknown>) | undefined
  const { ask } = await start({
    registry: {
      ...inner,
      async subjects(query) {
        const act = meanwhile
        meanwhile = undefined
        await act?.()
        return inner.subjects(query)
      },
    },
  })
  meanwhile = () => ask('DELETE', '/v1/plans/base')
  expect(await ask('PUT', '/v1/plans/more', { extends: 'base' })).toMatchObject({
    status: 400,
    json: { code: 'UNKNOWN_PLAN', option: 'extends' },
  })
  meanwhile = () => ask('PUT', '/v1/plans/other', { daily: 2 })
  expect((await ask('PUT', '/v1/plans/more', { daily: 3 })).status).toBe(200)
  expect(Object.keys((await ask('GET', '/v1/plans')).json.plans).sort()).toEqual([
    'free',
    'more',
    'other',
    'pro',
  ])
})

test('an exception that is made while a plan is checked is checked by that plan', async () => {
  const inner = memoryRegistry({ default: 'free', plans: PLANS })
  let meanwhile: (() => Promise<unknown>) | undefined
  const { ask } = await start({
    registry: {
      ...inner,
      async subjects(query) {
        const page = await inner.subjects(query)
        const act = meanwhile
        meanwhile = undefined
        await act?.()
        return page
      },
    },
  })
  meanwhile = () => ask('PUT', '/v1/subjects/acme', { plan: 'pro', burst: 20 })
  const refused = await ask('PUT', '/v1/plans/pro', { daily: 5 })
  expect(refused).toMatchObject({ status: 400, json: { option: 'subjects["acme"].burst' } })
  expect((await ask('POST', '/v1/peek', { subject: 'acme' })).json.remaining).toBe(20)
  // One that only puts somebody on a plan is no reason to look again.
  let looks = 0
  meanwhile = async () => {
    looks++
    await ask('PUT', '/v1/subjects/globex', { plan: 'pro' })
    meanwhile = async () => void looks++
  }
  expect((await ask('PUT', '/v1/plans/pro', { extends: 'free', daily: 5 })).status).toBe(200)
  expect(looks).toBe(1)
})

test('what another instance changes is in force here soon', async () => {
  const registry = memoryRegistry({ default: 'free', plans: PLANS })
  const [one, other] = [await start({ registry }), await start({ registry })]
  await other.ask('POST', '/v1/peek', { subject: 'acme' })
  await one.ask('PUT', '/v1/plans/free', { daily: 77 })
  await expect
    .poll(async () => (await other.ask('POST', '/v1/peek', { subject: 'b' })).json.remaining)
    .toBe(77)
  await one.ask('PUT', '/v1/subjects/acme', { plan: 'pro' })
  await expect
    .poll(async () => (await other.ask('POST', '/v1/peek', { subject: 'acme' })).json.plan)
    .toBe('pro')
  await one.ask('DELETE', '/v1/subjects/acme')
  await expect
    .poll(async () => (await other.ask('POST', '/v1/peek', { subject: 'acme' })).json.plan)
    .toBe('free')
  // And a change by what it had seen before goes by what is there now.
  expect((await other.ask('PUT', '/v1/plans/pro', { daily: 5 })).status).toBe(200)
})

test('an empty registry is given its first plans once', async () => {
  const registry = memoryRegistry()
  const seed = { default: 'free', plans: { free: { daily: 3 } } }
  const one = await start({ registry, seed })
  await one.ask('PUT', '/v1/plans/free', { daily: 4 })
  const other = await start({ registry, seed })
  expect((await other.ask('POST', '/v1/peek', { subject: 'a' })).json.remaining).toBe(4)
  const empty = memoryRegistry()
  await Promise.all([start({ registry: empty, seed }), start({ registry: empty, seed })])
  expect(await empty.changes({ limit: 10 })).toHaveLength(1)
  await expect(start({ registry: memoryRegistry() })).rejects.toMatchObject({ option: 'seed' })
  await expect(start({ registry: memoryRegistry(), seed: { ...seed, default: 'x' } })).rejects.toMatchObject({
    code: 'UNKNOWN_PLAN',
  })
})
